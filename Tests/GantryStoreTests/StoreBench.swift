import GRDB
import GantryCore
import GantryModel
import GantryStore
import GantrySystem
import GantryWire
import Testing

/// A store in a directory of its own, that can be closed and opened again; the directory goes with the object.
final class StoreBench {
    let layout: StoreLayout
    let eventBound: Int64
    private(set) var metadata: Metadata
    private(set) var content: DiskContentStore
    /// Snapshots that the drivers were asked to remove.
    let removed = Monitor<[String]>([])

    init(eventBound: Int64 = 10_000) throws {
        layout = StoreLayout(root: "/tmp/gantry-store.\(Hex.encode(File.random(8)))")
        self.eventBound = eventBound
        metadata = try Metadata(layout: layout, eventBound: eventBound)
        content = try DiskContentStore(metadata)
    }

    deinit {
        try? metadata.close()
        try? Directory.removeTree(layout.root)
    }

    /// As after a crash, with `meanwhile` done to the files in between.
    func reopen(_ meanwhile: (StoreLayout) throws -> Void = { _ in }) throws {
        try metadata.close()
        try meanwhile(layout)
        metadata = try Metadata(layout: layout, eventBound: eventBound)
        content = try DiskContentStore(metadata)
    }

    /// Changes rows behind the store's back; only between `reopen`'s two halves.
    static func execute(_ layout: StoreLayout, _ sql: String) throws {
        let queue = try DatabaseQueue(path: layout.database)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    var collector: Collector {
        let removed = removed
        return Collector(metadata) { driver, key in removed.with { $0.append("\(driver)/\(key)") } }
    }

    /// A blob of random bytes.
    func blob(lease: LeaseKey? = nil) throws -> Descriptor {
        let digest = try content.put(File.random(64), lease: lease)
        return Descriptor(mediaType: .ociManifest, digest: digest, size: 64)
    }

    static func id() -> ContainerID {
        var generator = SystemRandomNumberGenerator()
        return ContainerID(using: &generator)
    }

    /// A container with a snapshot of its own.
    @discardableResult
    func container(
        _ name: String, namespace: String = "default", id: ContainerID = StoreBench.id(), image: Digest? = nil,
        parent: String? = nil
    ) throws -> ContainerRecord {
        let now = Timestamp(nanoseconds: Clock.realtime)
        let record = ContainerRecord(
            id: id, namespace: namespace, name: name, image: "busybox", imageDigest: image, labels: ["a": "b"],
            createdAt: now, snapshotter: "native", snapshotKey: id.text, runtime: "/usr/bin/crun",
            details: ["command": ["sh"]])
        let snapshot = SnapshotRecord(
            driver: "native", namespace: namespace,
            info: SnapshotInfo(kind: .active, name: id.text, parent: parent, created: now))
        try metadata.createContainer(
            record, spec: Array("{\"ociVersion\":\"1.0.2\"}".utf8), snapshot: snapshot, references: [],
            events: [EventDraft("containers.created", ["id": .string(id.text)])])
        return record
    }

    /// A committed snapshot.
    func layer(_ name: String, parent: String? = nil, holders: [Node] = []) throws {
        let info = SnapshotInfo(
            kind: .committed, name: name, parent: parent, created: Timestamp(nanoseconds: Clock.realtime))
        try metadata.putSnapshot(
            SnapshotRecord(driver: "native", namespace: "default", info: info, usage: .init(bytes: 7, inodes: 1)),
            holders: holders)
    }
}

/// The code of the `GantryError` that the body throws.
func code(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch let error as GantryError {
        return error.code.rawValue
    } catch {
        return "\(error)"
    }
}
