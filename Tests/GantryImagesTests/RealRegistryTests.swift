import GantryCore
import GantryModel
import GantrySystem
import GantryWire
import RegistryFixture
import Testing

@testable import GantryImages

/// Debian's `docker-registry`, in each way that it can be set up.
struct RealRegistryTests {
    let directory: TestDirectory
    var options: RegistryOptions {
        var options = Talk.options
        options.hostsDirectory = directory.path
        return options
    }
    let user = RegistryCredentials(username: RegistryServer.user, password: RegistryServer.password)
    let wrong = RegistryCredentials(username: RegistryServer.user, password: "wrong")

    init() throws { directory = try TestDirectory() }

    /// An OCI layout of one image, whose layer is 8 MiB of noise.
    private func layout() throws -> String {
        let path = directory.path + "/layout"
        let layer = (0..<64).flatMap { _ in File.random(128 << 10) }
        func store(_ bytes: [UInt8], _ type: MediaType) throws -> Descriptor {
            let digest = Digest.of(bytes)
            try Path.makeDirectories(path + "/blobs/sha256")
            try File.replace("\(path)/blobs/sha256/\(digest.hex)", with: bytes, sync: false)
            return Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count))
        }
        let part = try store(layer, .ociLayerGzip)
        let config: JSON = [
            "architecture": "amd64", "os": "linux", "config": [:],
            "rootfs": ["type": "layers", "diff_ids": [.string(part.digest.description)]],
        ]
        let manifest: JSON = [
            "schemaVersion": 2, "mediaType": .string(MediaType.ociManifest.rawValue),
            "config": try store(Array(config.text.utf8), .ociConfig).json, "layers": [part.json],
        ]
        var named = try store(Array(manifest.text.utf8), .ociManifest)
        named.annotations = ["org.opencontainers.image.ref.name": "1"]
        let index: JSON = ["schemaVersion": 2, "manifests": [named.json]]
        try File.replace(path + "/index.json", with: Array(index.text.utf8), sync: false)
        try File.replace(path + "/oci-layout", with: Array("{\"imageLayoutVersion\": \"1.0.0\"}".utf8), sync: false)
        return "oci:\(path):1"
    }

    private func talk(_ registry: RegistryServer, _ credentials: RegistryCredentials? = nil, name: String = "a/b:1")
        throws -> Talk
    {
        try Talk(registry.address, name, credentials: credentials, options: options)
    }

    private func login(_ registry: RegistryServer, _ credentials: RegistryCredentials) throws -> String? {
        try Registries(options).login(registry.address, credentials) {}
    }

    @Test func plain() throws {
        let registry = try RegistryServer()
        try registry.push(layout(), as: "a/b:1")
        #expect(try talk(registry).layerArrives())
        let (descriptor, bytes) = try talk(registry).manifest()
        #expect(descriptor.mediaType == .ociManifest)
        #expect(try talk(registry, name: "a/b@\(descriptor.digest)").manifest().bytes == bytes)
        let layer = try talk(registry).layer()
        #expect(try talk(registry).bytes(layer, from: layer.size - 5).count == 5)
        #expect(try login(registry, user) == nil)

        let tag = refusal { _ = try talk(registry, name: "a/b:2").manifest() }
        #expect(tag.code == .notFound)
        #expect(tag.message.contains("manifest for '\(registry.address)/a/b:2' not found (MANIFEST_UNKNOWN"), "\(tag)")
        let name = refusal { _ = try talk(registry, name: "a/c:2").manifest() }
        #expect(name.code == .notFound)
        let blob = Descriptor(mediaType: .ociLayer, digest: Digest.of([1]), size: 1)
        #expect(refusal { _ = try talk(registry).bytes(blob) }.code == .notFound)
    }

    @Test func withTLSOfAPrivateAuthority() throws {
        let authority = try TestAuthority()
        let registry = try RegistryServer(tls: authority.issue("registry"))
        try registry.push(layout(), as: "a/b:1")
        #expect(refusal { _ = try talk(registry).manifest() }.code == .failedPrecondition)
        try directory.copy(authority.own.certificate, as: "\(registry.address)/ca.crt")
        #expect(try talk(registry).layerArrives())
        #expect(try login(registry, user) == nil)
    }

    @Test func withBasicAuthentication() throws {
        let registry = try RegistryServer(access: .basic)
        try registry.push(layout(), as: "a/b:1")
        #expect(refusal { _ = try talk(registry).manifest() }.code == .permissionDenied)
        #expect(refusal { _ = try talk(registry, wrong).manifest() }.code == .permissionDenied)
        #expect(try talk(registry, user).layerArrives())
        #expect(try login(registry, user) == nil)
        let error = refusal { _ = try login(registry, wrong) }
        #expect(error.code == .permissionDenied)
        #expect(
            error.message.hasPrefix("log in to '\(registry.address)': the user name or password is wrong"), "\(error)")
    }

    @Test func withTokensAndTLS() throws {
        let authority = try TestAuthority()
        let service = try TokenServer()
        let registry = try RegistryServer(tls: authority.issue("registry"), access: .token(service: service))
        try directory.copy(authority.own.certificate, as: "\(registry.address)/ca.crt")
        try registry.push(layout(), as: "a/b:1")
        #expect(refusal { _ = try talk(registry).manifest() }.code == .permissionDenied)
        #expect(refusal { _ = try talk(registry, wrong).manifest() }.code == .permissionDenied)
        #expect(try talk(registry, user).layerArrives())
        #expect(refusal { _ = try login(registry, wrong) }.code == .permissionDenied)
        // The service gives an identity token, which opens what the password opens.
        let identity = try #require(try login(registry, user))
        #expect(try talk(registry, .init(username: "<token>", identityToken: identity)).layerArrives())
        let forged = RegistryCredentials(username: "<token>", identityToken: "forged")
        let error = refusal { _ = try talk(registry, forged).manifest() }
        #expect(error.code == .permissionDenied)
        #expect(error.message.contains("unknown refresh token"), "\(error)")
    }

    @Test func aRegistryThatGoesAway() throws {
        let registry = try RegistryServer()
        try registry.push(layout(), as: "a/b:1")
        let talk = try talk(registry)
        let layer = try talk.layer()
        var taken: Int64 = 0
        let error = refusal {
            try talk.source.blob(layer, from: 0) { piece in
                if taken == 0 { registry.stop() }
                taken += Int64(piece.count)
            }
        }
        #expect(error.code == .unavailable)
        #expect(taken < layer.size)
    }
}
