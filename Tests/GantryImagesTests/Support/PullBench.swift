import GantryCore
import GantryDiff
import GantryHost
import GantryModel
import GantrySnapshots
import GantryStore
import GantrySystem
import GantryWire

@testable import GantryImages

/// A store, a snapshotter and a puller of a test's own, over a directory that goes with it.
final class PullBench: Sendable {
    let root: String
    let metadata: Metadata
    let content: DiskContentStore
    let snapshots: any Snapshotter
    let resolver: ImageResolver
    let puller: ImagePuller
    let transfers = Transfers()
    let registry = FakeRegistry()
    let leases: PullLeases

    init(parallel: Int = 3) throws {
        root = "/var/tmp/gantry-pull-\(Processes.current)-\(Hex.encode(File.random(4)))"
        try Path.makeDirectories(root)
        metadata = try Metadata(layout: StoreLayout(root: root))
        content = try DiskContentStore(metadata)
        snapshots = try BuiltInSnapshotter.overlayfs.open(root: root + "/snapshots")
        let platform = Platform(os: "linux", architecture: "amd64")
        resolver = ImageResolver(content: content, platform: platform)
        let unpacker = Unpacker(
            content: content, catalog: metadata, applier: DiskLayerApplier(), resolver: resolver, scratch: root,
            layerLimit: 1 << 30, background: { _ in })
        puller = ImagePuller(
            content: content, images: metadata, references: metadata, resolver: resolver, unpacker: unpacker,
            platform: platform, parallel: parallel)
        leases = PullLeases(metadata)
        _ = try metadata.putNamespace("default", labels: [:])
    }

    deinit {
        try? snapshots.close()
        try? metadata.close()
        try? Directory.removeTree(root)
    }

    func request(_ name: String, platform: String? = nil) throws -> ImagePuller.Request {
        ImagePuller.Request(
            reference: try Reference(name), platform: try platform.map { try Platform($0, host: puller.platform) },
            namespace: "default", driver: Unpacker.Driver(name: "overlayfs", snapshotter: snapshots))
    }

    func session() throws -> PullSession {
        PullSession(
            content: content, references: metadata, transfers: transfers,
            lease: try leases.begin(namespace: "default", Reference("test")))
    }

    @discardableResult
    func pull(
        _ name: String = "image", platform: String? = nil, session: PullSession? = nil
    ) throws -> ImagePuller.Pulled {
        let session = try session ?? self.session()
        let source = try registry.open(Reference(name), credentials: nil) { try session.checkTalk() }
        return try puller.pull(request(name, platform: platform), from: source, session: session)
    }

    /// The same on a thread of its own; `wait` gives its end.
    func begin(_ name: String = "image", session: PullSession) throws -> Running {
        let running = Running()
        try Threads.start("pull", stack: 1 << 20) { [self] in
            let result = Result { try pull(name, session: session) }
            running.done.with { $0 = result }
            running.done.wakeAll()
        }
        return running
    }

    final class Running: Sendable {
        let done = Monitor<Result<ImagePuller.Pulled, any Error>?>(nil)

        /// Its end; an error when it did not come within so many milliseconds.
        @discardableResult
        func wait(milliseconds: Int64 = 10_000) throws -> ImagePuller.Pulled {
            guard let result = done.wait(milliseconds: milliseconds, until: { $0 }) else {
                throw GantryError(.deadlineExceeded, "the pull did not end within \(milliseconds) ms")
            }
            return try result.get()
        }
    }

    /// The error of a pull, as "code: message".
    func failure(_ name: String = "image", platform: String? = nil) -> String {
        do {
            try pull(name, platform: platform)
            return "none"
        } catch { return Self.text(error) }
    }

    static func text(_ error: any Error) -> String {
        guard let error = error as? GantryError else { return "\(error)" }
        return "\(error.code.rawValue): \(error.message)"
    }

    /// Refs of half blobs, when no transfer runs any more.
    func ingests() throws -> [String] {
        transfers.waitUntilIdle(milliseconds: 5000)
        return try content.statuses().map(\.ref)
    }

    /// The names in the tree of an image's top layer, by its manifest.
    func tree(_ target: Digest) throws -> [String] {
        let image = try resolver.resolve(Descriptor(mediaType: .ociManifest, digest: target, size: 0))
        let key = "look-" + Hex.encode(File.random(4))
        _ = try snapshots.prepare(key, parent: image.top, labels: [:])
        defer { try? snapshots.remove(key) }
        let parents = try snapshots.layerTarget(key)?.parents ?? []
        return try parents.flatMap { try Directory.list($0).map(\.name) }.sorted()
    }

    /// A layer, an archive that is not compressed: one file of so many random bytes.
    static func layer(_ name: String, _ count: Int = 100) -> [UInt8] {
        let data = File.random(count)
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: some Sequence<UInt8>, _ at: Int) {
            for (i, byte) in text.enumerated() { header[at + i] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> String.UTF8View {
            let text = String(value, radix: 8)
            return (String(repeating: "0", count: digits - text.utf8.count) + text).utf8
        }
        put(name.utf8, 0)
        put(octal(0o644, 7), 100)
        put(octal(0, 7), 108)
        put(octal(0, 7), 116)
        put(octal(count, 11), 124)
        put(octal(1_600_000_000, 11), 136)
        header[156] = UInt8(ascii: "0")
        put("ustar\0".utf8, 257)
        put("00".utf8, 263)
        put("        ".utf8, 148)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6), 148)
        header[154] = 0
        let padding = (512 - count % 512) % 512
        return header + data + [UInt8](repeating: 0, count: padding + 1024)
    }
}
