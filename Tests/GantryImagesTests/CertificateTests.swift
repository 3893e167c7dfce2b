import GantryModel
import GantryWire
import RegistryFixture
import Testing

@testable import GantryImages

/// TLS: whose certificates are taken, and whose are not.
struct CertificateTests {
    let authority: TestAuthority
    let directory: TestDirectory
    var options: RegistryOptions {
        var options = Talk.options
        options.hostsDirectory = directory.path
        return options
    }

    init() throws {
        authority = try TestAuthority()
        directory = try TestDirectory()
    }

    private func manifest(_ server: FaultServer, _ options: RegistryOptions? = nil) throws {
        _ = try Talk(server.address, "good/a:1", options: options ?? self.options).manifest()
    }

    @Test func aPrivateAuthority() throws {
        let server = try FaultServer(tls: authority.issue("server"))
        let unknown = refusal { try manifest(server) }
        #expect(unknown.code == .failedPrecondition)
        #expect(unknown.message.contains("the certificate of '\(server.address)' cannot be verified: "), "\(unknown)")
        #expect(unknown.message.contains("\(directory.path)/\(server.address)/ca.crt"), "\(unknown)")
        try directory.copy(authority.own.certificate, as: "\(server.address)/ca.crt")
        #expect(try Talk(server.address, "good/a:1", options: options).layerArrives())
    }

    @Test func anotherAuthoritysCertificate() throws {
        let server = try FaultServer(tls: authority.issue("server"))
        let other = try TestAuthority()
        try directory.copy(other.own.certificate, as: "\(server.address)/ca.crt")
        #expect(refusal { try manifest(server) }.message.contains("cannot be verified"))
    }

    @Test func aCertificateForAnotherName() throws {
        let server = try FaultServer(tls: authority.issue("server", for: ["DNS:registry.example.org"]))
        try directory.copy(authority.own.certificate, as: "\(server.address)/ca.crt")
        let error = refusal { try manifest(server) }
        #expect(error.code == .failedPrecondition)
        #expect(error.message.contains("cannot be verified: "), "\(error)")
        #expect(error.message.contains("127.0.0.1"), "\(error)")
        try directory.write("\(server.address)/host.toml", "skip_verify = true\n")
        try manifest(server)
    }

    @Test func aClientCertificate() throws {
        let server = try FaultServer(tls: authority.issue("server"), clients: authority.own.certificate)
        try directory.copy(authority.own.certificate, as: "\(server.address)/ca.crt")
        #expect(refusal { try manifest(server) }.code == .unavailable)
        let client = try authority.issue("client")
        try directory.copy(client.certificate, as: "\(server.address)/client.cert")
        try directory.copy(client.key, as: "\(server.address)/client.key")
        try manifest(server)
    }

    @Test func filesThatAreNoCertificates() throws {
        let server = try FaultServer(tls: authority.issue("server"))
        try directory.write("\(server.address)/ca.crt", "no certificate")
        let error = refusal { try manifest(server) }
        #expect(error.code == .failedPrecondition)
        #expect(
            error.message.contains("the certificates in '\(directory.path)/\(server.address)' cannot be used"),
            "\(error)")
    }

    @Test func tlsIsNeverGivenUpOnTheWay() throws {
        let server = try FaultServer(tls: authority.issue("server"))
        try directory.copy(authority.own.certificate, as: "\(server.address)/ca.crt")
        let error = refusal { _ = try Talk(server.address, "elsewhere/down:1", options: options).manifest() }
        #expect(error.code == .failedPrecondition)
        #expect(error.message.contains("redirects from https to http"), "\(error)")
    }

    // MARK: Plain HTTP

    @Test func aHostIsSpokenToInPlainHTTPOnlyWhenItSaysSo() throws {
        let server = try FaultServer()
        // A name that resolves to this machine, but is not known to.
        let port = server.address.split(separator: ":")[1]
        let name = "ip6-localhost:\(port)"
        let error = refusal { _ = try Talk(name, "good/a:1", options: options).manifest() }
        #expect(error.code == .unavailable)
        try directory.write("127.0.0.1:\(port)/host.toml", "plain_http = true\n")
        try manifest(server)
    }

    @Test func plainHTTPIsOffForTLS() throws {
        let server = try FaultServer(tls: authority.issue("server"))
        try directory.write("\(server.address)/host.toml", "plain_http = true\n")
        #expect(refusal { try manifest(server) }.code == .unavailable)
    }

    @Test func aRegistryOnThisMachineMayChangeItsMind() throws {
        let registries = Registries(options)
        let reference: (FaultServer) throws -> Void = { server in
            _ = try Talk(server.address, "good/a:1", options: options, registries: registries).manifest()
        }
        let plain = try FaultServer()
        try reference(plain)
        let port = try #require(UInt16(plain.address.split(separator: ":")[1]))
        plain.stop()
        let secure = try FaultServer(tls: authority.issue("server"), port: port)
        try directory.copy(authority.own.certificate, as: "\(secure.address)/ca.crt")
        try reference(secure)
        secure.stop()
        try reference(try FaultServer(port: port))
    }

    @Test func probingIsDoneOnce() throws {
        let registries = Registries(options)
        let server = try FaultServer()
        for _ in 0..<3 { _ = try Talk(server.address, "good/a:1", registries: registries).manifest() }
        #expect(try server.log().filter { $0["path"]?.string == "/v2/" }.count == 1)
    }
}
