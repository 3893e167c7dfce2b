/// Why a `--format` cannot be used. The message names the part that is wrong.
struct TemplateError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    static func syntax(_ action: String, _ reason: String) -> TemplateError {
        TemplateError("parse template '{{\(action)}}': \(reason)")
    }
}
