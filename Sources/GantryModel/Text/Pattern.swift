/// A regular expression that matches in time proportional to the text, whatever the expression: what filters of names
/// take from callers must not be able to keep a daemon busy.
///
/// Characters, `.`, `[a-z]`, `[^…]`, `\d \w \s \D \W \S`, an escaped character, `(…)`, `(?:…)`, `|`, `*`, `+`, `?`, `^` and
/// `$`; nothing is captured. It matches anywhere in the text unless it is anchored.
///
/// Source: the part of RE2's syntax that names and ids need.
public struct Pattern: Sendable {
    /// One step of the compiled expression.
    enum Step: Sendable, Equatable {
        case one(ScalarSet)
        /// Goes on at both.
        case split(Int, Int)
        case jump(Int)
        case start
        case end
        case matched
    }

    private let steps: [Step]

    /// - Throws: `.invalidArgument` when it is no expression, or one of a kind that is not known here.
    public init(_ text: String) throws(GantryError) {
        var parser = PatternParser(text)
        steps = try parser.parse()
    }

    /// Whether it matches somewhere in `text`. Cost: length of the text times length of the expression.
    public func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var current = Threads(count: steps.count)
        var next = Threads(count: steps.count)
        for position in 0...scalars.count {
            // A match may begin at every place.
            if follow(0, position, scalars.count, &current) { return true }
            guard position < scalars.count else { return false }
            next.removeAll()
            for index in current.waiting {
                guard case .one(let set) = steps[index], set.contains(scalars[position]) else { continue }
                if follow(index + 1, position + 1, scalars.count, &next) { return true }
            }
            swap(&current, &next)
        }
        return false
    }

    /// The steps that wait for a character, each once.
    private struct Threads {
        var seen: [Bool]
        var waiting: [Int] = []
        init(count: Int) { seen = Array(repeating: false, count: count) }
        mutating func removeAll() {
            for index in seen.indices { seen[index] = false }
            waiting.removeAll(keepingCapacity: true)
        }
    }

    /// Walks from a step to all that wait for a character behind it; whether the end is among them.
    private func follow(_ first: Int, _ position: Int, _ count: Int, _ threads: inout Threads) -> Bool {
        var pending = [first]
        while let index = pending.popLast() {
            guard !threads.seen[index] else { continue }
            threads.seen[index] = true
            switch steps[index] {
            case .matched: return true
            case .one: threads.waiting.append(index)
            case .jump(let target): pending.append(target)
            case .split(let a, let b): pending += [b, a]
            case .start: if position == 0 { pending.append(index + 1) }
            case .end: if position == count { pending.append(index + 1) }
            }
        }
        return false
    }
}

/// Characters by ranges, or all but those.
struct ScalarSet: Sendable, Equatable {
    var ranges: [ClosedRange<UInt32>] = []
    var isInverted = false

    static let any = ScalarSet(isInverted: true)
    static let digits = ScalarSet(ranges: [48...57])
    static let words = ScalarSet(ranges: [48...57, 65...90, 95...95, 97...122])
    static let spaces = ScalarSet(ranges: [9...13, 32...32])

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) } != isInverted
    }

    /// The set that `\d` and its like stand for; nil for a letter that stands for none.
    static func named(_ letter: Unicode.Scalar) -> ScalarSet? {
        var set: ScalarSet
        switch letter {
        case "d", "D": set = digits
        case "w", "W": set = words
        case "s", "S": set = spaces
        default: return nil
        }
        set.isInverted = letter.value < 97
        return set
    }
}
