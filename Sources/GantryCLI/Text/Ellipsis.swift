extension String {
    /// At most `limit` characters; the last one is "…" when something was cut.
    func shortened(to limit: Int) -> String {
        // Whatever has few bytes has few characters.
        utf8.count <= limit || count <= limit ? self : String(prefix(limit - 1)) + "…"
    }

    /// An id as listings show it: twelve hex digits, without "sha256:".
    var shortID: String {
        let hex = utf8.firstIndex(of: UInt8(ascii: ":")).map { self[utf8.index(after: $0)...] } ?? self[...]
        return String(decoding: hex.utf8.prefix(12), as: UTF8.self)
    }

    /// In double quotes, with what is not printable written as Go's `strconv.Quote` would.
    var quoted: String {
        var result = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
