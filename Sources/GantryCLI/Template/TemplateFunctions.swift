import GantryWire

extension Action.Function {
    /// The function's value. Arguments stand in the order in which Go's templates have them.
    func apply(_ arguments: [JSON], source: String) throws(TemplateError) -> JSON {
        func refuse(_ reason: String) -> TemplateError {
            TemplateError("execute template '{{\(source)}}': \(rawValue) \(reason)")
        }
        func only() throws(TemplateError) -> JSON {
            guard arguments.count == 1 else { throw refuse("takes 1 argument, not \(arguments.count)") }
            return arguments[0]
        }
        switch self {
        case .json: return .string(try only().text)
        case .upper: return .string(try only().templateText.uppercased())
        case .lower: return .string(try only().templateText.lowercased())
        case .title:
            let text = try only().templateText
            return .string(text.prefix(1).uppercased() + text.dropFirst())
        case .len:
            switch try only() {
            case .string(let text): return .int(Int64(text.utf8.count))
            case .array(let elements): return .int(Int64(elements.count))
            case .object(let object): return .int(Int64(object.count))
            case .null: return 0
            case let other: throw refuse("of \(other.kind)")
            }
        case .join:
            guard arguments.count == 2, case .string(let separator) = arguments[1] else {
                throw refuse("takes a list and a text")
            }
            if arguments[0].isNull { return "" }
            guard let elements = arguments[0].array else { throw refuse("takes a list, not \(arguments[0].kind)") }
            return .string(elements.map(\.templateText).joined(separator: separator))
        case .split:
            guard arguments.count == 2, let text = arguments[0].string, let separator = arguments[1].string,
                !separator.isEmpty
            else { throw refuse("takes a text and a separator") }
            return .array(
                text.split(separator: separator, omittingEmptySubsequences: false).map { .string(String($0)) })
        case .index:
            guard var value = arguments.first else { throw refuse("takes a list or an object, and keys") }
            for key in arguments.dropFirst() {
                switch (value, key) {
                case (.array(let elements), .int(let index)):
                    guard elements.indices.contains(Int(index)) else { throw refuse("\(index) is out of range") }
                    value = elements[Int(index)]
                // A missing label is an empty text in docker, not an error: scripts rely on it.
                case (.object(let object), .string(let name)): value = object[name] ?? ""
                case (.null, _): value = ""
                default: throw refuse("cannot find \(key.kind) in \(value.kind)")
                }
            }
            return value
        case .print: return .string(arguments.map(\.templateText).joined(separator: " "))
        case .println: return .string(arguments.map(\.templateText).joined(separator: " ") + "\n")
        }
    }
}

extension JSON {
    /// How Go's templates print a value: texts bare, `[a b]`, `map[k:v]` with sorted keys.
    var templateText: String {
        switch self {
        case .null: "<no value>"
        case .string(let text): text
        case .array(let elements): "[" + elements.map(\.templateText).joined(separator: " ") + "]"
        case .object(let object):
            "map["
                + object.members.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.templateText)" }
                .joined(separator: " ") + "]"
        default: text
        }
    }
}
