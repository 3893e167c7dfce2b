import Testing

/// A construct that the sources do without, except where this table says.
struct ForbiddenWord: Sendable, CustomTestStringConvertible {
    /// What is looked for in code, outside of comments and strings.
    let text: String
    let reason: String
    /// Files that may, each with its reason beside it.
    var allowed: Set<String> = []

    var testDescription: String { text }

    static let all: [ForbiddenWord] = [
        ForbiddenWord(text: "import Foundation", reason: "40 MB of code, and traps where errors belong"),
        ForbiddenWord(text: "try!", reason: "a daemon reports, it does not die"),
        ForbiddenWord(text: "fatalError(", reason: "a daemon reports, it does not die"),
        ForbiddenWord(text: "as!", reason: "a daemon reports, it does not die"),
        ForbiddenWord(text: "Task {", reason: "no unowned work; threads come from BlockingPool"),
        ForbiddenWord(text: "Task.detached", reason: "no unowned work; threads come from BlockingPool"),
        ForbiddenWord(text: "await ", reason: "contracts are synchronous; see docs/decisions.md"),
        ForbiddenWord(text: "@_exported", reason: "a module re-exported is an arrow nobody sees"),
        ForbiddenWord(text: "print(", reason: "output goes through the one writer of its program"),
    ]

    /// The lines of `file` that use it, as "path:line: reason".
    func uses(in file: SourceFile) -> [String] {
        guard !allowed.contains(file.path) else { return [] }
        return file.code.compactMap { number, code in
            guard let range = code.firstRange(of: text) else { return nil }
            // `print(` inside `footprint(` is another word.
            let before = range.lowerBound == code.startIndex ? " " : code[code.index(before: range.lowerBound)]
            guard !before.isLetter && before != "_" else { return nil }
            return "\(file.path):\(number): '\(text)': \(reason)"
        }
    }
}
