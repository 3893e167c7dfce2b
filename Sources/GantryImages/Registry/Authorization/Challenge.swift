/// What a server wants to see before it answers: one challenge of a `WWW-Authenticate` header.
///
/// Source: RFC 9110, section 11.6.1. One header may hold several challenges, and parameters are separated by the same
/// comma as challenges are: `Basic realm="a", Bearer realm="b",service="c"`.
struct Challenge: Sendable, Equatable {
    /// In lower case: `basic`, `bearer`.
    var scheme: String
    /// Names in lower case; the first of a name counts.
    var parameters: [String: String] = [:]

    /// The challenges of a header, in its order; what cannot be understood ends the list.
    static func all(in header: String) -> [Challenge] {
        var reader = ChallengeReader(rest: Array(header.utf8)[...])
        var challenges = [Challenge]()
        while let word = reader.word() {
            if reader.skip("="), var last = challenges.popLast() {
                guard let value = reader.value() else { return challenges + [last] }
                if last.parameters[word.lowercased()] == nil { last.parameters[word.lowercased()] = value }
                challenges.append(last)
            } else {
                challenges.append(Challenge(scheme: word.lowercased()))
            }
        }
        return challenges
    }
}

/// Reads words and values from a header's bytes.
private struct ChallengeReader {
    var rest: ArraySlice<UInt8>

    /// The next token; separators before it are passed over. Nil at the end, or at what is no token.
    mutating func word() -> String? {
        rest = rest.drop { $0 == UInt8(ascii: ",") || Self.isSpace($0) }
        let word = rest.prefix { Self.isToken($0) }
        guard !word.isEmpty else { return nil }
        rest = rest.dropFirst(word.count)
        return String(decoding: word, as: UTF8.self)
    }

    /// Whether this character came next, spaces aside.
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        let next = rest.drop { Self.isSpace($0) }
        guard next.first == UInt8(ascii: character) else { return false }
        rest = next.dropFirst()
        return true
    }

    /// A token or a quoted string, which takes what is escaped as it is.
    mutating func value() -> String? {
        rest = rest.drop { Self.isSpace($0) }
        guard rest.first == UInt8(ascii: "\"") else {
            // Some servers do not quote URLs and scopes; what ends those is a comma or a space.
            let word = rest.prefix { $0 != UInt8(ascii: ",") && !Self.isSpace($0) }
            rest = rest.dropFirst(word.count)
            return word.isEmpty ? nil : String(decoding: word, as: UTF8.self)
        }
        rest = rest.dropFirst()
        var bytes = [UInt8]()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"): if let escaped = rest.popFirst() { bytes.append(escaped) }
            default: bytes.append(byte)
            }
        }
        return nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// RFC 9110's `tchar`.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
