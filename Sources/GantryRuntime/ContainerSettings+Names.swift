import GantryModel
import GantrySystem
import GantryWire

extension ContainerSettings {
    /// What a container knows names by, beside its own: the files `hosts` and `resolv.conf`, and its domain.
    package struct Names: Sendable, Equatable {
        /// NIS domain name; empty for none.
        package var domain = ""
        /// `NAME:ADDRESS`, further lines of `/etc/hosts`.
        package var hosts: [String] = []
        /// Addresses of servers. Empty: the machine's.
        package var servers: [String] = []
        /// Domains to search. Empty: the machine's; `.` alone: none.
        package var search: [String] = []
        /// Of the resolver, such as `ndots:2`. Empty: the machine's.
        package var options: [String] = []

        package init() {}
    }
}

extension ContainerSettings.Names {
    /// - Parameter request: the parameters of `containers.create`, or what `json` gave.
    /// - Throws: `.invalidArgument` naming what is no name or address.
    init(_ request: JSON) throws(GantryError) {
        func strings(_ key: String) -> [String] { (request[key]?.array ?? []).compactMap(\.string) }
        domain = request["domainname"]?.string ?? ""
        guard domain.utf8.count <= 64, Self.isWord(domain) || domain.isEmpty else {
            throw GantryError(.invalidArgument, "create container: domainname '\(domain)' is no domain name")
        }
        hosts = strings("extraHosts")
        for host in hosts { _ = try Self.line(ofHost: host) }
        servers = strings("dns")
        for server in servers where !InternetAddress.isValid(server) {
            throw GantryError(.invalidArgument, "create container: dns '\(server)' is no IP address, such as 192.0.2.1")
        }
        search = strings("dnsSearch")
        options = strings("dnsOptions")
        for (key, words) in [("dnsSearch", search), ("dnsOptions", options)] {
            for word in words where !Self.isWord(word) {
                throw GantryError(.invalidArgument, "create container: \(key) '\(word)' is no word")
            }
        }
    }

    /// In the words of `containers.create`.
    var json: JSON {
        var object = JSONObject()
        if !domain.isEmpty { object["domainname"] = .string(domain) }
        object.put("extraHosts", .strings(hosts))
        object.put("dns", .strings(servers))
        object.put("dnsSearch", .strings(search))
        object.put("dnsOptions", .strings(options))
        return .object(object)
    }

    /// Without white space and control characters: it stands in a line of a file.
    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 32 && $0 != 127 }
    }

    /// `NAME:ADDRESS` or `NAME=ADDRESS` as a line of `hosts`.
    private static func line(ofHost entry: String) throws(GantryError) -> String {
        let separator = entry.firstIndex(of: "=") ?? entry.firstIndex(of: ":")
        let name = separator.map { String(entry[..<$0]) } ?? ""
        guard let separator, isWord(name) else {
            throw GantryError(.invalidArgument, "create container: extra host '\(entry)' is not NAME:ADDRESS")
        }
        var address = String(entry[entry.index(after: separator)...])
        if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
        guard address != "host-gateway" else {
            throw GantryError(
                .invalidArgument,
                "create container: extra host '\(entry)': host-gateway needs bridge networks, which this version does not have"
            )
        }
        guard InternetAddress.isValid(address) else {
            throw GantryError(
                .invalidArgument, "create container: extra host '\(entry)': '\(address)' is no IP address")
        }
        return "\(address)\t\(name)\n"
    }

    /// The lines that `hosts` gets behind the usual ones.
    var hostLines: String { hosts.compactMap { try? Self.line(ofHost: $0) }.joined() }

    /// `resolv.conf`: the machine's, with what was asked for in place of its lines of the same kind.
    ///
    /// Source: resolv.conf(5).
    func resolver(_ host: String) -> String {
        if servers.isEmpty, search.isEmpty, options.isEmpty { return host }
        var lines: [Substring] = []
        for line in host.split(separator: "\n") {
            let kept =
                switch line.split(whereSeparator: \.isWhitespace).first {
                case "nameserver": servers.isEmpty
                case "search", "domain": search.isEmpty
                case "options": options.isEmpty
                default: false
                }
            if kept { lines.append(line) }
        }
        lines += servers.map { "nameserver \($0)" }
        if !search.isEmpty, search != ["."] { lines.append("search \(search.joined(separator: " "))") }
        if !options.isEmpty { lines.append("options \(options.joined(separator: " "))") }
        return lines.joined(separator: "\n") + "\n"
    }
}
