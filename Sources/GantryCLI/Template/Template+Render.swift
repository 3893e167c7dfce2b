import GantryWire

extension Template {
    /// The text that the template makes of `value`.
    func render(_ value: JSON) throws(TemplateError) -> String {
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let piece): text += piece
            case .action(let action, let source): text += try action.evaluate(value, source: source).templateText
            }
        }
        return text
    }
}

extension Action {
    func evaluate(_ root: JSON, source: String) throws(TemplateError) -> JSON {
        var piped: JSON?
        for command in commands {
            var arguments: [JSON] = []
            for term in command.arguments { arguments.append(try Self.resolve(term, root, source)) }
            if let piped { arguments.append(piped) }
            if case .function(let function) = command.head {
                piped = try function.apply(arguments, source: source)
            } else {
                let value = try Self.resolve(command.head, root, source)
                piped = try Self.call(value, with: arguments, source: source)
            }
        }
        return piped ?? .null
    }

    private static func resolve(_ term: Term, _ root: JSON, _ source: String) throws(TemplateError) -> JSON {
        switch term {
        case .literal(let value): return value
        case .function(let function): return try function.apply([], source: source)
        case .field(let path):
            var value = root
            var seen = ""
            for name in path {
                guard let next = value[name] else {
                    let place = seen.isEmpty ? "the top" : "'\(seen)'"
                    throw TemplateError("execute template '{{\(source)}}': no field '\(name)' at \(place)")
                }
                value = next
                seen += "." + name
            }
            return value
        }
    }

    /// A field that is given arguments is looked into: `{{.Label "key"}}`.
    private static func call(_ value: JSON, with arguments: [JSON], source: String) throws(TemplateError) -> JSON {
        if arguments.isEmpty { return value }
        guard value.object != nil else {
            throw TemplateError("execute template '{{\(source)}}': a field takes no arguments")
        }
        return try Function.index.apply([value] + arguments, source: source)
    }
}
