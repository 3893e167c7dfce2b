import GantryCore
import GantryImages
import GantryModel
import GantryRPC
import GantrySystem
import GantryWire
import Synchronization

/// One call of `snapshotters.migrate`.
///
/// ```
/// image:      layers on TO ──▶ synced ──▶ FROM's top released ──▶ collected
/// container:  layers on TO ──▶ draft on TO ──▶ copied ──▶ compared ──▶ synced ──▶ one transaction ──▶ FROM's collected
/// ```
///
/// Whatever ends it in between, everything is as before the step: layers on TO are held by a lease until something needs
/// them, and a draft has no row, so that the next start sweeps it and the next call replaces it.
final class Migration: Sendable {
    let service: MigrationService
    let call: Call
    let from: Unpacker.Driver
    let to: Unpacker.Driver
    private let state = Mutex(State())

    private struct State {
        var bytes: Int64 = 0
        /// Of what is being copied, and when that was last told.
        var current: Int64 = 0
        var told: Int64 = 0
        var left: [JSON] = []
    }

    init(_ service: MigrationService, _ call: Call, from: Unpacker.Driver, to: Unpacker.Driver) {
        self.service = service
        self.call = call
        self.from = from
        self.to = to
    }

    func run(_ plan: MigrationService.Plan, dryRun: Bool) throws -> JSON {
        var images: Int64 = 0
        var containers: Int64 = 0
        for image in plan.images {
            if try each("image", image.name, { dryRun ? try tell("image", image.name, "planned") : try move(image) }) {
                images += 1
            }
        }
        for record in plan.containers {
            let isMoved = try each("container", record.name) {
                if dryRun { try checkStopped(record) }
                try dryRun ? tell("container", record.name, "planned") : move(record)
            }
            if isMoved { containers += 1 }
        }
        let (bytes, left) = state.withLock { ($0.bytes, $0.left) }
        return [
            "images": .int(images), "containers": .int(containers), "bytes": .int(bytes), "left": .array(left),
        ]
    }

    /// Whether it was moved. That one cannot be is told, and no reason to leave the others.
    private func each(_ kind: String, _ name: String, _ body: () throws -> Void) throws -> Bool {
        try call.checkCancelled()
        do {
            try body()
            return true
        } catch {
            try call.checkCancelled()
            guard let error = error as? GantryError else { throw error }
            state.withLock {
                $0.left.append(["kind": .string(kind), "name": .string(name), "reason": .string(error.message)])
            }
            try tell(kind, name, "left", message: error.message)
            return false
        }
    }

    func tell(_ kind: String, _ name: String, _ word: String, message: String? = nil, bytes: Int64? = nil) throws {
        var item: JSONObject = ["kind": .string(kind), "name": .string(name), "state": .string(word)]
        item.put("message", message)
        item.put("bytes", bytes.map { JSON.int($0) })
        try call.send(item: .object(item))
    }

    /// Notes bytes that were copied, and tells of them a few times a second.
    func copied(_ bytes: Int64, _ kind: String, _ name: String) {
        let now = Clock.monotonic
        let told: Int64? = state.withLock { state in
            state.bytes += bytes
            state.current += bytes
            guard now - state.told > 200_000_000 else { return nil }
            state.told = now
            return state.current
        }
        // A client that has left is noticed by who checks.
        if let told { try? tell(kind, name, "copying", bytes: told) }
    }

    func beginCopy() { state.withLock { $0.current = 0 } }

    // MARK: Images

    private func move(_ image: MovedImage) throws {
        try tell("image", image.name, "moving")
        for manifest in image.manifests {
            let resolved = try resolve(manifest)
            try service.leases.withLease(namespace: call.namespace) { lease in
                try makeLayers(of: resolved, lease)
                FailurePoint.migrateLayers.reach()
                // Only now: what a manifest held in FROM is what the next call would look for.
                if let top = resolved.top {
                    try service.leases.removeReferences(
                        from: .blob(manifest), to: [.snapshot(driver: from.name, key: top)])
                }
                FailurePoint.migrateReleased.reach()
            }
        }
        service.collect()
        try tell("image", image.name, "done")
    }

    /// The image of one manifest.
    func resolve(_ manifest: Digest) throws -> ResolvedImage {
        let size = try service.content.info(manifest).size
        return try service.resolver.resolve(Descriptor(mediaType: .ociManifest, digest: manifest, size: size))
    }

    /// The image's layers are on TO, and durable.
    func makeLayers(of image: ResolvedImage, _ lease: LeaseKey) throws {
        try service.unpacker.unpack(
            image, for: to, namespace: call.namespace, lease: lease,
            check: { [call] in try call.checkCancelled() },
            finished: { [self] layer, wasThere in try? tell("layer", layer.short, wasThere ? "exists" : "done") },
            missing: { layer in try copyLayer(layer.name, parent: layer.parent, shown: layer.layer.short) })
        // The blobs it could be unpacked from again may be gone.
        if let top = image.top { try to.snapshotter.sync(top) }
    }

    /// Makes a committed snapshot of TO by copying that of FROM, whose parent is on TO already.
    func copyLayer(_ name: String, parent: String?, shown: String) throws {
        try tell("layer", shown, "copying", message: "its blob is gone or damaged")
        let suffix = Hex.encode(File.random(8))
        let old = try from.snapshotter.view("move-\(suffix)", parent: name, labels: [:])
        defer { try? from.snapshotter.remove("move-\(suffix)") }
        let key = "move-\(suffix)"
        let new = try to.snapshotter.prepare(key, parent: parent, labels: [:])
        FailurePoint.migrateLayerPrepared.reach()
        do {
            try copyTree(old, new, "layer", shown)
            FailurePoint.migrateLayerCopied.reach()
            try to.snapshotter.commit(key, as: name, labels: [:], usage: nil)
        } catch {
            try? to.snapshotter.remove(key)
            throw error
        }
    }
}
