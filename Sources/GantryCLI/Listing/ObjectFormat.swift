import GantryWire

/// What `--format` of a command that shows one object asks for: "json" or a template.
enum ObjectFormat: Equatable {
    case json
    case template(Template)

    init(_ text: String) throws(TemplateError) {
        self = text == "json" ? .json : .template(try Template(parsing: text))
    }

    /// The text of `object`, without a final line feed.
    func text(_ object: JSON) throws(TemplateError) -> String {
        switch self {
        case .json: object.text
        case .template(let template): try template.render(object)
        }
    }
}
