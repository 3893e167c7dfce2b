import GantrySystem

/// Debian's `docker-registry` on a free port of loopback, with a storage of its own.
package final class RegistryServer: Sendable {
    /// Whom it lets in.
    package enum Access: Sendable {
        case everybody
        /// `user` with `password`, by an htpasswd file.
        case basic
        /// Who has a token of this service, which signs with this certificate.
        case token(service: TokenServer)
    }

    /// The one user that there is.
    package static let user = "gantry"
    package static let password = "secret"
    /// bcrypt of `password`, made by crypt(3).
    private static let hash = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"

    private let directory: TestDirectory
    private let server: TestServer
    private let access: Access
    /// `127.0.0.1:PORT`, as references name it.
    package let address: String
    /// Below it is the storage, as the registry lays it out.
    package var storage: String { directory.path + "/storage" }

    /// - Parameter tls: what it shows as its certificate; nil for plain HTTP.
    package init(tls: TestAuthority.Pair? = nil, access: Access = .everybody) throws {
        directory = try TestDirectory()
        self.access = access
        var lines = [
            "version: 0.1", "log: {level: info}", "storage:", "  cache: {blobdescriptor: inmemory}",
            "  filesystem: {rootdirectory: \(directory.path)/storage}", "http:", "  addr: 127.0.0.1:0",
        ]
        if let tls { lines.append("  tls: {certificate: \(tls.certificate), key: \(tls.key)}") }
        switch access {
        case .everybody: break
        case .basic:
            try directory.write("htpasswd", "\(Self.user):\(Self.hash)\n")
            lines += ["auth:", "  htpasswd: {realm: gantry-test, path: \(directory.path)/htpasswd}"]
        case .token(let service):
            lines += [
                "auth:", "  token:", "    realm: http://\(service.address)/token", "    service: gantry-registry",
            ]
            lines += ["    issuer: gantry-test", "    rootcertbundle: \(service.certificate)"]
        }
        try directory.write("config.yml", lines.joined(separator: "\n") + "\n")
        server = try TestServer(program: "/usr/bin/docker-registry", ["serve", directory.path + "/config.yml"])
        address = try server.wait(for: "address") { text in
            guard let start = text.firstRange(of: "listening on ")?.upperBound else { return nil }
            let rest = text[start...].prefix { $0.isNumber || $0 == "." || $0 == ":" }
            // The port may not have arrived whole.
            return rest.endIndex < text.endIndex ? String(rest) : nil
        }
    }

    /// Ends it; what is connected breaks off.
    package func stop() { server.stop() }

    /// Copies an image to it by skopeo, digests and all.
    ///
    /// - Parameters:
    ///   - source: in skopeo's notation: `oci:/tmp/layout:tag`, `docker-archive:/tmp/a.tar`.
    ///   - name: repository and tag: `tools/busybox:1`.
    package func push(_ source: String, as name: String, options: [String] = ["--preserve-digests"]) throws {
        var arguments = ["copy", "--dest-tls-verify=false"] + options
        if case .everybody = access {} else { arguments += ["--dest-creds", "\(Self.user):\(Self.password)"] }
        try TestServer.run("/usr/bin/skopeo", arguments + [source, "docker://\(address)/\(name)"])
    }
}

/// A token service for a registry: a Python program that signs with a key of its own.
package final class TokenServer: Sendable {
    private let authority: TestAuthority
    private let server: TestServer
    /// `127.0.0.1:PORT`; it speaks plain HTTP.
    package let address: String
    /// What the registry has to know to trust its tokens.
    package var certificate: String { authority.own.certificate }

    package init() throws {
        authority = try TestAuthority()
        server = try TestServer(
            script: "tokens.py",
            [authority.own.certificate, authority.own.key, "\(RegistryServer.user):\(RegistryServer.password)"])
        address = "127.0.0.1:" + (try server.wait(for: "port") { $0.hasSuffix("\n") ? String($0.dropLast()) : nil })
    }
}

/// A registry that misbehaves, as the first part of a repository's name says; see `Resources/faults.py`.
package final class FaultServer: Sendable {
    private let server: TestServer
    /// `127.0.0.1:PORT`, as references name it.
    package let address: String
    /// Another host: storage and token service.
    package let other: String
    /// Where connections come up and nothing is ever said.
    package let mute: String

    /// - Parameters:
    ///   - tls: what it shows as its certificate; nil for plain HTTP.
    ///   - clients: the authority of the clients that it lets in; nil for all.
    ///   - port: 0 for any that is free.
    package init(tls: TestAuthority.Pair? = nil, clients: String? = nil, port: UInt16 = 0) throws {
        let files = tls.map { [$0.certificate, $0.key] + (clients.map { [$0] } ?? []) } ?? []
        server = try TestServer(script: "faults.py", ["\(port)"] + files)
        let ports = try server.wait(for: "ports") {
            $0.hasSuffix("\n") ? $0.split(whereSeparator: \.isWhitespace) : nil
        }
        address = "127.0.0.1:\(ports[0])"
        other = "127.0.0.1:\(ports[1])"
        mute = "127.0.0.1:\(ports[2])"
    }

    /// Ends it; what is connected breaks off.
    package func stop() { server.stop() }
}

/// A proxy for HTTP and, by CONNECT, for TLS; leads to one server whatever host was asked for.
package final class ProxyServer: Sendable {
    private let server: TestServer
    /// `127.0.0.1:PORT`.
    package let address: String

    /// - Parameter target: `127.0.0.1:PORT`, where everything ends.
    package init(to target: String) throws {
        server = try TestServer(script: "proxy.py", [target])
        address =
            "127.0.0.1:" + (try server.wait(for: "port") { $0.contains("\n") ? String($0.prefix { $0 != "\n" }) : nil })
    }

    /// What it was asked for by now: `GET http://host/path`, `CONNECT host:port`.
    package func requests() throws -> [String] {
        try server.wait(for: "requests") { $0.split(separator: "\n").dropFirst().map(String.init) }
    }
}
