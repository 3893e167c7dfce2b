import GantryWire

/// Compiles the text of a `Pattern` by recursive descent: alternatives of sequences of repeated atoms.
struct PatternParser {
    private let text: String
    private var rest: ArraySlice<Unicode.Scalar>
    private var depth = 0

    private typealias Step = Pattern.Step
    /// An expression longer than this is a mistake, or an attempt to use up memory.
    private static let longest = 1000

    init(_ text: String) {
        self.text = text
        rest = Array(text.unicodeScalars)[...]
    }

    mutating func parse() throws(GantryError) -> [Pattern.Step] {
        guard rest.count <= Self.longest else { throw wrong("it is longer than \(Self.longest) characters") }
        let steps = try alternatives(at: 0)
        guard rest.isEmpty else { throw wrong("a ) has no (") }
        return steps + [.matched]
    }

    /// `a|b|c`; steps are numbered from `start`.
    private mutating func alternatives(at start: Int) throws(GantryError) -> [Pattern.Step] {
        let first = try sequence(at: start + 1)
        guard rest.first == "|" else { return [.jump(start + 1)] + first }
        rest.removeFirst()
        // split, first, jump over the others, others
        let others = try alternatives(at: start + first.count + 2)
        let end = start + first.count + 2 + others.count
        return [.split(start + 1, start + first.count + 2)] + first + [.jump(end)] + others
    }

    private mutating func sequence(at start: Int) throws(GantryError) -> [Pattern.Step] {
        var steps = [Pattern.Step]()
        while let next = rest.first, next != "|", next != ")" {
            let place = start + steps.count
            // One step in front of the atom is kept free for a repetition to branch at.
            let atom = try atom(at: place + 1)
            let after = place + atom.count + 2
            switch rest.first {
            case "*": steps += [.split(place + 1, after)] + atom + [.jump(place)]
            case "?": steps += [.split(place + 1, after)] + atom + [.jump(after)]
            case "+": steps += [.jump(place + 1)] + atom + [.split(place + 1, after)]
            default:
                steps += [.jump(place + 1)] + atom
                continue
            }
            rest.removeFirst()
            if let next = rest.first, next == "*" || next == "+" || next == "?" {
                throw wrong("a repetition of a repetition is not known here")
            }
        }
        return steps
    }

    private mutating func atom(at place: Int) throws(GantryError) -> [Pattern.Step] {
        let scalar = rest.removeFirst()
        switch scalar {
        case "^": return [.start]
        case "$": return [.end]
        case ".": return [.one(.any)]
        case "[": return [.one(try bracket())]
        case "(": return try group(at: place)
        case "\\": return [.one(try escape())]
        case "*", "+", "?": throw wrong("a \(scalar) has nothing to repeat")
        case "{": throw wrong("counted repetitions {…} are not known here; write \\{ for the character")
        default: return [.one(ScalarSet(ranges: [scalar.value...scalar.value]))]
        }
    }

    private mutating func group(at place: Int) throws(GantryError) -> [Pattern.Step] {
        if rest.starts(with: ["?", ":"]) {
            rest = rest.dropFirst(2)
        } else if rest.first == "?" {
            throw wrong("groups (?…) are not known here, but for (?:…)")
        }
        depth += 1
        guard depth <= 50 else { throw wrong("it is nested more than 50 levels deep") }
        let steps = try alternatives(at: place)
        guard rest.popFirst() == ")" else { throw wrong("a ( has no )") }
        depth -= 1
        return steps
    }

    private mutating func escape() throws(GantryError) -> ScalarSet {
        guard let scalar = rest.popFirst() else { throw wrong("it ends with a \\") }
        if let set = ScalarSet.named(scalar) { return set }
        guard scalar.value < 128, !scalar.properties.isAlphabetic, scalar.properties.numericType == nil else {
            throw wrong("\\\(scalar) is not known here")
        }
        return ScalarSet(ranges: [scalar.value...scalar.value])
    }

    private mutating func bracket() throws(GantryError) -> ScalarSet {
        var set = ScalarSet()
        if rest.first == "^" {
            rest.removeFirst()
            set.isInverted = true
        }
        var isFirst = true
        while let scalar = rest.popFirst() {
            if scalar == "]" && !isFirst { return set }
            isFirst = false
            var low = scalar
            if scalar == "\\" {
                let escaped = try escape()
                guard !escaped.isInverted else { throw wrong("\\D, \\W and \\S are not known inside of []") }
                if escaped.ranges.count > 1 || escaped.ranges[0].count > 1 {
                    set.ranges += escaped.ranges
                    continue
                }
                low = Unicode.Scalar(escaped.ranges[0].lowerBound) ?? low
            }
            guard rest.first == "-", let high = rest.dropFirst().first, high != "]" else {
                set.ranges.append(low.value...low.value)
                continue
            }
            guard low <= high, high != "\\" else { throw wrong("the range \(low)-\(high) is none") }
            rest = rest.dropFirst(2)
            set.ranges.append(low.value...high.value)
        }
        throw wrong("a [ has no ]")
    }

    private func wrong(_ reason: String) -> GantryError {
        GantryError(.invalidArgument, "read pattern '\(text)': \(reason)")
    }
}
