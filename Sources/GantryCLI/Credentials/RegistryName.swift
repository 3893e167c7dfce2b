import GantryModel

/// A registry as people type it, as references name it, and as docker's configuration does.
struct RegistryName: Equatable {
    /// As references have it: `docker.io`, `localhost:5000`.
    let domain: String

    /// Docker's own registry, under the name that it had when its configuration was designed.
    private static let dockerKey = "https://index.docker.io/v1/"

    /// A registry that a reference names.
    init(domain: String) { self.domain = domain }

    /// Reads what is typed behind `login`: a host, with a port or not; a URL is taken for its host. Nothing is docker.io.
    /// - Throws: a `Failure` for what no reference could name.
    init(typed text: String?) throws(Failure) {
        let host = Self.host(in: text ?? "docker.io")
        // The name of a registry is what a reference can begin with.
        guard let domain = try? Reference(host + "/x").domain, Self.canonical(domain) == Self.canonical(host) else {
            throw Failure(
                "'\(text ?? "")' is not a registry: expected a host name with a dot or a port, or 'localhost'")
        }
        self.domain = Self.canonical(domain)
    }

    /// Its key among docker's `auths`, and what credential helpers are asked for.
    var key: String { domain == "docker.io" ? Self.dockerKey : domain }

    /// Its key among docker's `credHelpers`; for docker's own registry the same as among `auths`.
    var helperKeys: [String] { domain == "docker.io" ? [Self.dockerKey, "docker.io", "index.docker.io"] : [domain] }

    /// Whether a key of `auths` means this registry; old ones are URLs.
    func isMeant(by key: String) -> Bool { Self.canonical(Self.host(in: key)) == domain }

    private static func canonical(_ host: String) -> String {
        ["index.docker.io", "registry-1.docker.io"].contains(host) ? "docker.io" : host
    }

    private static func host(in text: String) -> String {
        var rest = text[...]
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        return String(rest.prefix { $0 != "/" })
    }
}
