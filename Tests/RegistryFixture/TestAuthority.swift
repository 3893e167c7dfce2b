import GantrySystem

/// An authority that signs certificates of servers and clients, by openssl, for two days.
package final class TestAuthority: Sendable {
    /// A certificate and its key, in PEM.
    package struct Pair: Sendable {
        package let certificate: String
        package let key: String
    }

    private let directory: TestDirectory
    /// The authority's own.
    package let own: Pair

    package init() throws {
        directory = try TestDirectory()
        own = Pair(certificate: directory.path + "/ca.crt", key: directory.path + "/ca.key")
        try TestServer.run(
            "/usr/bin/openssl",
            ["req", "-x509"] + Self.newKey + [
                "-keyout", own.key, "-out", own.certificate, "-subj", "/CN=Gantry test authority", "-days", "2",
                "-addext", "basicConstraints=critical,CA:TRUE",
            ])
    }

    private static let newKey = ["-newkey", "rsa:2048", "-nodes"]

    /// A certificate for these names, in openssl's notation: `IP:127.0.0.1`, `DNS:localhost`.
    package func issue(_ name: String, for names: [String] = ["IP:127.0.0.1", "DNS:localhost"]) throws -> Pair {
        let base = "\(directory.path)/\(name)"
        let pair = Pair(certificate: base + ".crt", key: base + ".key")
        try TestServer.run(
            "/usr/bin/openssl",
            ["req"] + Self.newKey + ["-keyout", pair.key, "-out", base + ".csr", "-subj", "/CN=\(name)"])
        try directory.write("\(name).ext", "subjectAltName=\(names.joined(separator: ","))\n")
        try TestServer.run(
            "/usr/bin/openssl",
            [
                "x509", "-req", "-in", base + ".csr", "-CA", own.certificate, "-CAkey", own.key, "-CAcreateserial",
                "-out", pair.certificate, "-days", "2", "-extfile", base + ".ext",
            ])
        return pair
    }
}
