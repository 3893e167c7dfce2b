import GantryWire

extension Template {
    /// Reads a template. Cost: linear in the text.
    init(parsing source: String) throws(TemplateError) {
        var pieces: [Piece] = []
        var rest = source[...]
        var trimNext = false
        while !rest.isEmpty {
            let open = rest.firstRange(of: "{{")
            var text = Self.unescape(rest[..<(open?.lowerBound ?? rest.endIndex)])
            if trimNext { text = String(text.drop(while: \.isWhitespace)) }
            guard let open else {
                if !text.isEmpty { pieces.append(.text(text)) }
                break
            }
            guard let (inside, after) = Self.action(in: rest[open.upperBound...]) else {
                throw TemplateError("parse template '\(source)': '{{' without '}}'")
            }
            var body = inside
            if body.hasPrefix("- ") {
                body = body.dropFirst(2)
                while text.last?.isWhitespace == true { text.removeLast() }
            }
            trimNext = body.hasSuffix(" -")
            if trimNext { body = body.dropLast(2) }
            if !text.isEmpty { pieces.append(.text(text)) }
            var parser = ActionParser(String(body))
            pieces.append(.action(try parser.parse(), source: String(inside)))
            rest = after
        }
        self.init(pieces: pieces)
    }

    /// What lies before the closing braces, and what after; braces in string literals do not close.
    private static func action(in text: Substring) -> (inside: Substring, after: Substring)? {
        var index = text.startIndex
        var quote: Character?
        while index < text.endIndex {
            let character = text[index]
            if let open = quote {
                if character == "\\", open == "\"" {
                    index = text.index(after: index)
                    if index == text.endIndex { return nil }
                } else if character == open {
                    quote = nil
                }
            } else if character == "\"" || character == "`" {
                quote = character
            } else if text[index...].hasPrefix("}}") {
                return (text[..<index], text[text.index(index, offsetBy: 2)...])
            }
            index = text.index(after: index)
        }
        return nil
    }

    /// `\t` and `\n` as typed in single quotes in a shell.
    private static func unescape(_ text: Substring) -> String {
        String(text.replacing("\\t", with: "\t").replacing("\\n", with: "\n"))
    }
}
