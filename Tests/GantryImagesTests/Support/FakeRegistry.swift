import GantryCore
import GantryHost
import GantryImages
import GantryModel
import GantrySystem
import GantryWire

/// A registry in memory that does what a test says: stops in mid-blob, breaks off, lies; and counts what it serves.
final class FakeRegistry: RegistryOpener {
    struct State {
        /// Documents by tag and by digest.
        var manifests: [String: (descriptor: Descriptor, bytes: [UInt8])] = [:]
        var blobs: [Digest: [UInt8]] = [:]
        /// What is sent in a blob's place.
        var lies: [Digest: [UInt8]] = [:]
        /// Offsets behind which nothing comes until the gate is taken away.
        var gates: [Digest: Int] = [:]
        /// Offsets at which the connection breaks, once each.
        var breaks: [Digest: Int] = [:]
        /// From where each request for a blob began.
        var requests: [Digest: [Int64]] = [:]
        var served: [Digest: Int] = [:]
        var manifestRequests = 0
        /// Requests that are being answered.
        var open = 0
        var mostOpen = 0
    }

    let state = Monitor(State())

    func open(
        _ reference: Reference, credentials: RegistryCredentials?, checkCancelled: @escaping @Sendable () throws -> Void
    ) throws -> any RegistrySource { Conversation(registry: self, checkCancelled: checkCancelled) }

    // MARK: What it holds

    /// Adds a blob.
    func add(_ bytes: [UInt8], _ type: MediaType) -> Descriptor {
        let descriptor = Descriptor(mediaType: type, digest: Digest.of(bytes), size: Int64(bytes.count))
        state.with { $0.blobs[descriptor.digest] = bytes }
        return descriptor
    }

    /// Adds a document by its digest, and by tags.
    @discardableResult
    func document(_ json: JSON, _ type: MediaType, tags: String...) -> Descriptor {
        let bytes = json.encoded()
        let descriptor = Descriptor(mediaType: type, digest: Digest.of(bytes), size: Int64(bytes.count))
        state.with { state in
            for name in tags + [descriptor.digest.description] { state.manifests[name] = (descriptor, bytes) }
        }
        return descriptor
    }

    /// Adds an image of these layers (plain tars) and gives its manifest.
    @discardableResult
    func image(_ layers: [[UInt8]], tag: String = "latest", for platform: String = "linux/amd64") throws -> Descriptor {
        let host = Platform(os: "linux", architecture: "amd64")
        let config = ImageConfig(
            platform: try Platform(platform, host: host), diffIDs: layers.map { Digest.of($0) })
        let manifest = Manifest(
            config: add(config.json.encoded(), .ociConfig), layers: layers.map { add($0, .ociLayer) })
        return document(manifest.json, .ociManifest, tags: tag)
    }

    func serves(_ digest: Digest) -> Int { state.with { $0.served[digest] ?? 0 } }

    func openGates() {
        state.with { $0.gates = [:] }
        state.wakeAll()
    }

    /// Waits until so many bytes of the blob were sent; false after ten seconds.
    func waitUntilServed(_ digest: Digest, _ count: Int) -> Bool {
        state.wait(milliseconds: 10_000) { ($0.served[digest] ?? 0) >= count ? true : nil } ?? false
    }
}

private struct Conversation: RegistrySource {
    let registry: FakeRegistry
    let checkCancelled: @Sendable () throws -> Void

    func manifest(_ reference: Reference) throws -> (descriptor: Descriptor, bytes: [UInt8]) {
        try checkCancelled()
        let name = reference.digest?.description ?? reference.tag ?? ""
        let found = registry.state.with { state in
            state.manifestRequests += 1
            return state.manifests[name]
        }
        guard let found else { throw GantryError(.notFound, "fetch manifest '\(reference.familiar)': not there") }
        return found
    }

    func blob(_ descriptor: Descriptor, from offset: Int64, into sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        let digest = descriptor.digest
        let found: [UInt8]? = registry.state.with { state in
            state.requests[digest, default: []].append(offset)
            state.open += 1
            state.mostOpen = max(state.mostOpen, state.open)
            return state.lies[digest] ?? state.blobs[digest]
        }
        defer { registry.state.with { $0.open -= 1 } }
        guard let bytes = found else { throw GantryError(.notFound, "fetch blob '\(digest)': not there") }
        var at = Int(offset)
        while at < bytes.count {
            let end = try limit(digest, at, min(at + 16_384, bytes.count))
            try bytes[at..<end].withUnsafeBytes { try sink($0) }
            registry.state.with { $0.served[digest, default: 0] += end - at }
            registry.state.wakeAll()
            at = end
        }
    }

    /// How far the next piece may go; waits at a gate, throws at a break.
    private func limit(_ digest: Digest, _ at: Int, _ end: Int) throws -> Int {
        while true {
            try checkCancelled()
            let (gate, breaks): (Int?, Int?) = registry.state.with { state in
                if let place = state.breaks[digest], place <= at {
                    state.breaks[digest] = nil
                    return (nil, place)
                }
                return (state.gates[digest], nil)
            }
            if breaks != nil { throw GantryError(.unavailable, "fetch blob '\(digest)': the connection broke") }
            guard let gate, gate <= at else { return gate.map { min($0, end) } ?? end }
            _ = registry.state.wait(milliseconds: 20) { $0.gates[digest] == nil ? true : nil }
        }
    }
}
