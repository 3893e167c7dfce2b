/// The part of a URL that decides who is spoken to, and how: scheme, host and port.
///
/// Source: RFC 3986, for absolute `http` and `https` URLs only. User names in URLs are refused: they would be
/// credentials that nobody gave.
struct WebAddress: Sendable, Hashable {
    enum Scheme: String, Sendable {
        case http, https

        var port: UInt16 { self == .http ? 80 : 443 }
    }

    let scheme: Scheme
    /// In lower case; an IPv6 address stands in brackets.
    let host: String
    let port: UInt16
    /// From the path on, as it was written; starts with `/` or `?`, or is empty.
    let rest: String

    /// Nil when the text is no such URL.
    init?(_ text: String) {
        let bytes = text.utf8
        guard bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
        guard let colon = text.firstIndex(of: ":"), let scheme = Scheme(rawValue: text[..<colon].lowercased()),
            text[colon...].hasPrefix("://")
        else { return nil }
        let behind = text[colon...].dropFirst(3)
        let end = behind.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" || $0 == "\\" } ?? behind.endIndex
        self.init(scheme, authority: String(behind[..<end]), rest: String(behind[end...].prefix { $0 != "#" }))
    }

    /// - Parameter authority: `host` or `host:port`, as in a reference.
    init?(_ scheme: Scheme, authority: String, rest: String = "") {
        var host = authority[...]
        var port = scheme.port
        let afterAddress = host.hasPrefix("[") ? host.firstIndex(of: "]") ?? host.endIndex : host.startIndex
        if let colon = host[afterAddress...].firstIndex(of: ":") {
            let digits = host[host.index(after: colon)...]
            guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let number = UInt16(digits),
                number > 0
            else { return nil }
            port = number
            host = host[..<colon]
        }
        guard Self.isHost(host) else { return nil }
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port
        self.rest = rest
    }

    private static func isHost(_ text: Substring) -> Bool {
        if text.hasPrefix("[") {
            return text.hasSuffix("]") && text.utf8.count > 3
                && text.utf8.dropFirst().dropLast().allSatisfy { isHexDigit($0) || $0 == UInt8(ascii: ":") }
        }
        return !text.isEmpty && text.first != "." && text.utf8.allSatisfy { isHexDigit($0) || isNameCharacter($0) }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...102).contains(byte | 0x20)
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        (97...122).contains(byte | 0x20) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }

    /// `host`, or `host:port` where the port is not the scheme's own.
    var authority: String { port == scheme.port ? host : "\(host):\(port)" }

    /// Whether requests to the two reach the same server by the same means, so that one may have what the other may.
    func isSameOrigin(as other: WebAddress) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    /// Whether the name can only mean this machine: `localhost`, 127.0.0.0/8, ::1. No name is looked up, so
    /// `127.0.0.1.example.org` is none.
    var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" || host == "[0:0:0:0:0:0:0:1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } && UInt8($0) != nil }
    }

    /// The same place by another scheme.
    func with(_ scheme: Scheme) -> WebAddress? {
        WebAddress(scheme, authority: self.scheme.port == port ? host : "\(host):\(port)", rest: rest)
    }
}

extension WebAddress: CustomStringConvertible {
    /// The whole URL.
    var description: String { "\(scheme.rawValue)://\(authority)\(rest.hasPrefix("/") ? "" : "/")\(rest)" }
}
