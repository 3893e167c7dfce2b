/// What is asked of a server.
struct HTTPRequest: Sendable {
    var address: WebAddress
    /// Without Authorization, which `Transport` keeps away from other hosts.
    var headers: [(name: String, value: String)] = []
    var authorization: String?
    /// The body of a POST in `application/x-www-form-urlencoded`; nil makes it a GET.
    var form: String?
    /// Whether the answer is small, so that it may take only so long.
    var isDocument = true
    /// Seconds for the connection to come up, where that is less than what is configured.
    var connectTimeout: Int64?
}

/// What a server answered, without its body.
struct HTTPHead: Sendable {
    var status = 0
    /// Names in lower case, in the order of the answer.
    var headers: [(name: String, value: String)] = []
    /// Who gave the answer: the last of a chain of redirects.
    var address: WebAddress?
    /// The first bytes of a body that came with a status of failure.
    var failureBody: [UInt8] = []
    /// Seconds to wait before the next request, 0 when the answer does not say.
    var retryAfter: Int64 = 0
    /// Where a redirect leads, made absolute.
    var redirect: String?

    /// The last header of this name.
    subscript(_ name: String) -> String? { headers.last { $0.name == name }?.value }

    /// All headers of this name.
    func all(_ name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }

    var isSuccess: Bool { (200..<300).contains(status) }

    /// Takes a line of a header with its line end: a status line forgets what an earlier (1xx) answer said.
    mutating func take(line: String) {
        let line = line.trimmingLineEnd
        if line.hasPrefix("HTTP/") {
            headers = []
            status = Int(line.split(separator: " ", maxSplits: 2).dropFirst().first ?? "") ?? 0
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.append((line[..<colon].lowercased(), String(value)))
        }
    }
}

extension String {
    fileprivate var trimmingLineEnd: Substring {
        var rest = self[...]
        while let last = rest.last, last.isNewline || last == " " || last == "\t" { rest.removeLast() }
        return rest
    }
}
