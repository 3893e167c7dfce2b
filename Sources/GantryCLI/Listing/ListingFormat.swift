import GantryWire

/// What `--format` of a listing asks for.
enum ListingFormat: Equatable {
    /// Docker's columns, or those of a template.
    case table(Template?)
    /// A JSON object a line.
    case json
    /// A template a line.
    case template(Template)

    /// - Parameter text: "table", "table TEMPLATE", "json" or a template; nil is "table".
    init(_ text: String?) throws(TemplateError) {
        switch text {
        case nil, "", "table": self = .table(nil)
        case "json": self = .json
        case let text? where text.hasPrefix("table "):
            self = .table(try Template(parsing: String(text.dropFirst(6).drop(while: \.isWhitespace))))
        case let text?: self = .template(try Template(parsing: text))
        }
    }

    /// Whether a template names the field.
    func asks(for field: String) -> Bool {
        switch self {
        case .table(nil): false
        // Docker's JSON has every field; those that cost something are asked for by name.
        case .json: false
        case .table(let template?), .template(let template): template.paths.contains { $0.first == field }
        }
    }
}
