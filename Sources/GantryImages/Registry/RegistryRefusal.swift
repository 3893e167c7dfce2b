import GantryModel
import GantryWire

/// An answer with a status of failure, and what it was an answer to.
struct RegistryRefusal: Error, Sendable {
    /// What was asked for.
    enum Subject: Sendable {
        case manifest(Reference)
        case blob(Digest)
        /// A token, from the token service.
        case token
        /// To be let in, at a login.
        case login
    }

    let subject: Subject
    let head: HTTPHead

    init(_ subject: Subject, _ head: HTTPHead) {
        self.subject = subject
        self.head = head
    }

    /// The longest wait that a server may ask for in seconds; what is longer is an error at once.
    static let longestWait: Int64 = 30

    /// Whether the same request may be answered otherwise in a moment.
    var mayPass: Bool {
        let isBusy = head.status == 429 || (head.status >= 500 && head.status != 501 && head.status != 505)
        return isBusy && head.retryAfter <= Self.longestWait
    }

    /// What the answer's body says about it: "CODE: message", free of control characters and cut to 300; nil when it says
    /// nothing that we understand.
    ///
    /// Sources: OCI distribution-spec v1.1, "Error Codes"; RFC 6749, section 5.2; and what token services write.
    var words: String? {
        guard let json = try? JSON.parse(head.failureBody) else { return nil }
        if let first = json["errors"]?.array?.first {
            let parts = [first["code"]?.string, first["message"]?.string].compactMap { $0 }.filter { !$0.isEmpty }
            return Self.clean(parts.joined(separator: ": "))
        }
        for key in ["error_description", "details", "message", "error"] {
            if let text = json[key]?.string, let clean = Self.clean(text) { return clean }
        }
        return nil
    }

    /// The code of the first error, as `MANIFEST_UNKNOWN`.
    var errorCode: String? {
        (try? JSON.parse(head.failureBody))?["errors"]?.array?.first?["code"]?.string
    }

    /// Text of others that is fit to be shown on a terminal.
    static func clean(_ text: String) -> String? {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            guard shown.count < 300 else {
                shown.append("…")
                break
            }
            let isControl = scalar.properties.generalCategory == .control
            let isFormat =
                scalar.properties.generalCategory == .format || scalar.properties.generalCategory == .lineSeparator
            shown.append(isControl || isFormat ? " " : scalar)
        }
        let result = String(shown)
        return result.allSatisfy(\.isWhitespace) ? nil : result
    }
}
