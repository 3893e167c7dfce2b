import GantryWire

/// Takes one reference apart and says precisely why it is none.
struct ReferenceParser {
    let text: String

    mutating func parse() throws(GantryError) -> (domain: String, path: String, tag: String?, digest: Digest?) {
        guard !text.isEmpty else { throw failure("the name is empty") }
        if text.utf8.count == 64, text.utf8.allSatisfy(Hex.isLowerDigit) {
            throw failure("64 hex digits are an id, not a name")
        }
        var rest = text[...]
        let digest = try splitDigest(&rest)
        let tag = try splitTag(&rest)
        let (domain, path) = splitDomain(rest)
        try checkDomain(domain)
        try checkPath(path)
        guard domain.utf8.count + 1 + path.utf8.count <= 255 else {
            throw failure("registry and path are longer than 255 characters")
        }
        return (domain, path, tag ?? (digest == nil ? "latest" : nil), digest)
    }

    private func splitDigest(_ rest: inout Substring) throws(GantryError) -> Digest? {
        guard let at = rest.firstIndex(of: "@") else { return nil }
        let written = String(rest[rest.index(after: at)...])
        rest = rest[..<at]
        do {
            return try Digest(written)
        } catch {
            throw failure(error.message)
        }
    }

    /// A colon after the last slash begins a tag; before it, it is a port.
    private func splitTag(_ rest: inout Substring) throws(GantryError) -> String? {
        guard let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/"), !rest[colon...].contains("]") else {
            return nil
        }
        let tag = rest[rest.index(after: colon)...]
        rest = rest[..<colon]
        guard !tag.isEmpty else { throw failure("the tag after ':' is empty") }
        guard tag.utf8.count <= 128 else { throw failure("the tag is longer than 128 characters") }
        let starts = tag.utf8.first.map { isAlphanumeric($0) || $0 == UInt8(ascii: "_") } ?? false
        guard starts, tag.utf8.allSatisfy({ isAlphanumeric($0) || "_.-".utf8.contains($0) }) else {
            throw failure("the tag '\(tag)' has a character that a tag cannot have")
        }
        return String(tag)
    }

    private func splitDomain(_ name: Substring) -> (domain: String, path: String) {
        var domain = "docker.io"
        var path = name
        if let slash = name.firstIndex(of: "/") {
            let first = name[..<slash]
            let looksLikeHost =
                first == "localhost" || first.contains { $0 == "." || $0 == ":" }
                || first.contains(where: \.isUppercase)
            if looksLikeHost {
                domain = String(first)
                path = name[name.index(after: slash)...]
            }
        }
        if domain == "index.docker.io" { domain = "docker.io" }
        if domain == "docker.io", !path.contains("/") { path = "library/\(path)" }
        return (domain, String(path))
    }

    private func checkDomain(_ domain: String) throws(GantryError) {
        var host = domain[...]
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { throw failure("the address '\(domain)' lacks its ']'") }
            let address = host[host.index(after: host.startIndex)..<end].utf8
            guard !address.isEmpty, address.allSatisfy({ Hex.isLowerDigit($0 | 0x20) || $0 == UInt8(ascii: ":") })
            else {
                throw failure("'\(domain)' is not an IPv6 address")
            }
            host = host[host.index(after: end)...]
            guard host.isEmpty || host.hasPrefix(":") else { throw failure("'\(domain)' is not a registry") }
            if !host.isEmpty { try checkPort(host.dropFirst(), of: domain) }
            return
        }
        if let colon = host.firstIndex(of: ":") {
            try checkPort(host[host.index(after: colon)...], of: domain)
            host = host[..<colon]
        }
        for label in host.split(separator: ".", omittingEmptySubsequences: false) {
            let hyphen = UInt8(ascii: "-")
            guard let first = label.utf8.first, let last = label.utf8.last, first != hyphen, last != hyphen,
                label.utf8.allSatisfy({ isAlphanumeric($0) || $0 == hyphen })
            else { throw failure("'\(domain)' is not a registry's host name") }
        }
    }

    private func checkPort(_ port: Substring, of domain: String) throws(GantryError) {
        guard let number = UInt16(port), number > 0, port.utf8.first != UInt8(ascii: "+") else {
            throw failure("'\(domain)' has a port that is not 1 to 65535")
        }
    }

    private func checkPath(_ path: String) throws(GantryError) {
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            guard !part.isEmpty else { throw failure("a part of the path is empty") }
            guard !part.utf8.contains(where: { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") }) else {
                throw failure("the repository '\(path)' must be lower case")
            }
            guard isPathPart(part) else {
                throw failure("'\(part)' is not lower-case letters and digits joined by '.', '_', '__' or '-'")
            }
        }
    }

    private func isPathPart(_ part: Substring) -> Bool {
        var run: [UInt8] = []
        var afterWord = false
        for byte in part.utf8 {
            if isAlphanumeric(byte) {
                guard run.isEmpty || (afterWord && isSeparator(run)) else { return false }
                run = []
                afterWord = true
            } else {
                run.append(byte)
            }
        }
        return run.isEmpty
    }

    private func isSeparator(_ run: [UInt8]) -> Bool {
        run == [UInt8(ascii: ".")] || run == [UInt8(ascii: "_")] || run == [UInt8(ascii: "_"), UInt8(ascii: "_")]
            || run.allSatisfy { $0 == UInt8(ascii: "-") }
    }

    private func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }

    private func failure(_ reason: String) -> GantryError {
        GantryError(.invalidArgument, "parse reference '\(text)': \(reason)")
    }
}
