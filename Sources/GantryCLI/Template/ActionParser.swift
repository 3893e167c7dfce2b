import GantryWire

/// Reads what stands between `{{` and `}}`.
struct ActionParser {
    private let source: String
    private var rest: Substring

    init(_ source: String) {
        self.source = source
        rest = source[...]
    }

    mutating func parse() throws(TemplateError) -> Action {
        var action = Action(commands: [])
        var terms: [Action.Term] = []
        while let token = try next() {
            if token == "|" {
                action.commands.append(try command(of: terms))
                terms = []
            } else {
                terms.append(try term(token))
            }
        }
        action.commands.append(try command(of: terms))
        return action
    }

    private func command(of terms: [Action.Term]) throws(TemplateError) -> Action.Command {
        guard let head = terms.first else { throw .syntax(source, "it is empty") }
        return Action.Command(head: head, arguments: Array(terms.dropFirst()))
    }

    /// The next token: "|", a quoted string with its quotes, or a run of what is not white space.
    private mutating func next() throws(TemplateError) -> String? {
        rest = rest.drop(while: \.isWhitespace)
        guard let first = rest.first else { return nil }
        if first == "|" {
            rest = rest.dropFirst()
            return "|"
        }
        if first == "(" { throw .syntax(source, "parentheses are not supported") }
        guard first == "\"" || first == "`" else {
            let token = rest.prefix { !$0.isWhitespace && $0 != "|" }
            rest = rest[token.endIndex...]
            return String(token)
        }
        var index = rest.index(after: rest.startIndex)
        while index < rest.endIndex, rest[index] != first {
            if rest[index] == "\\", first == "\"" { index = rest.index(after: index) }
            if index < rest.endIndex { index = rest.index(after: index) }
        }
        guard index < rest.endIndex else { throw .syntax(source, "the quotes do not close") }
        let token = rest[...index]
        rest = rest[token.endIndex...]
        return String(token)
    }

    private func term(_ token: String) throws(TemplateError) -> Action.Term {
        if token == "." { return .field([]) }
        if token.hasPrefix(".") {
            let path = token.dropFirst().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            if path.contains("") { throw .syntax(source, "'\(token)' is no field path") }
            return .field(path)
        }
        if token.hasPrefix("`") { return .literal(.string(String(token.dropFirst().dropLast()))) }
        if token.hasPrefix("\"") {
            // Go's string literals and JSON's agree on what anybody types here.
            guard let value = try? JSON.parse(Array(token.utf8)) else { throw .syntax(source, "\(token) is no string") }
            return .literal(value)
        }
        if let number = Int64(token) { return .literal(.int(number)) }
        if let function = Action.Function(rawValue: token) { return .function(function) }
        switch token {
        case "true": return .literal(true)
        case "false": return .literal(false)
        case "range", "if", "else", "with", "end", "template", "define", "block", "and", "or", "not", "eq", "ne":
            throw .syntax(source, "'\(token)' is not supported; use {{json .}} with jq")
        default:
            let known = Action.Function.allCases.map(\.rawValue).sorted().joined(separator: ", ")
            throw .syntax(source, "there is no function '\(token)' (there are \(known)); a field begins with a dot")
        }
    }
}
