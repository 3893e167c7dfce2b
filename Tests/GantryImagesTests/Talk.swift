import GantryCore
import GantryHost
import GantryModel
import GantryWire
import RegistryFixture
import Testing

@testable import GantryImages

/// A conversation as the tests have it: short waits, and directories of hosts that the test writes.
struct Talk {
    let source: any RegistrySource
    let reference: Reference

    static let options = RegistryOptions(
        hostsDirectory: "/nonexistent", connectTimeout: 10, stallTimeout: 1, attempts: 3, retryDelay: 10,
        userAgent: "gantry/test")

    /// - Parameter name: the reference without the registry: `flaky/a:1`.
    init(
        _ address: String, _ name: String, credentials: RegistryCredentials? = nil,
        options: RegistryOptions = Self.options, registries: Registries? = nil,
        check: @escaping @Sendable () throws -> Void = {}
    ) throws {
        reference = try Reference("\(address)/\(name)")
        source = try (registries ?? Registries(options)).open(
            reference, credentials: credentials, checkCancelled: check)
    }

    func manifest() throws -> (descriptor: Descriptor, bytes: [UInt8]) { try source.manifest(reference) }

    /// The only layer of the image.
    func layer() throws -> Descriptor { try Manifest(document: manifest().bytes, of: "manifest").layers[0] }

    /// The bytes of a blob from an offset on.
    func bytes(_ blob: Descriptor, from offset: Int64 = 0) throws -> [UInt8] {
        var bytes = [UInt8]()
        try source.blob(blob, from: offset) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Whether the whole layer arrives and is what its name says.
    func layerArrives() throws -> Bool {
        let layer = try layer()
        return try Digest.of(bytes(layer)) == layer.digest
    }
}

/// The error that `body` throws; a failure of the test when it throws none or another kind.
func refusal(at location: SourceLocation = #_sourceLocation, _ body: () throws -> Void) -> GantryError {
    do {
        try body()
        Issue.record("nothing was thrown", sourceLocation: location)
    } catch let error as GantryError {
        return error
    } catch {
        Issue.record("not a GantryError: \(error)", sourceLocation: location)
    }
    return GantryError(.internal, "")
}

extension FaultServer {
    /// What it was asked for since the last time.
    func log() throws -> [JSON] {
        let transport = try Transport(Talk.options) {}
        let address = try #require(WebAddress("http://\(address)/log"))
        return try JSON.parse(transport.document(HTTPRequest(address: address), limit: 1 << 24).bytes).array ?? []
    }
}
