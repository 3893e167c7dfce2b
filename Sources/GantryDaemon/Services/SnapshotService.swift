import GantryCore
import GantryImages
import GantryModel
import GantryRPC
import GantrySystem
import GantryWire

/// `snapshots.*`: the snapshotters, for engines that put root file systems together themselves.
///
/// Keys of active snapshots and views belong to the namespace that made them; committed layers are shared by all.
struct SnapshotService: Sendable {
    let catalog: any SnapshotCatalog
    let leases: any LeaseStore
    let drivers: SnapshotDrivers
    let images: any ImageStore
    let containers: ContainerService
    let collect: @Sendable () -> Void

    var methods: [Method] {
        [stat, list, inspect, mounts, usage, prepare, view, commit, update, remove, diff, prune]
    }

    static let key = Field("key", .string, required: true, "The snapshot's key or name.")
    private static let parent = Field("parent", .string, "A committed snapshot; nothing when absent.")

    func driver(_ call: Call) throws -> Unpacker.Driver { try drivers.driver(call.text("driver")) }

    private var stat: Method {
        Method(
            "snapshots.stat", "Describes a snapshot.", params: [Self.key, CommonField.driver],
            result: "{kind, name, parent?, labels, created, updated, from?, synced}", errors: [.notFound], access: .read
        ) { call in
            try driver(call).snapshotter.stat(try call.string("key")).json
        }
    }

    private var mounts: Method {
        Method(
            "snapshots.mounts", "What to mount to see an active snapshot or a view.",
            params: [Self.key, CommonField.driver], result: "{mounts: [{type, source, target?, options}]}",
            errors: [.notFound, .failedPrecondition], access: .read
        ) { call in
            Self.json(try driver(call).snapshotter.mounts(try call.string("key")))
        }
    }

    private static func json(_ mounts: [Mount]) -> JSON { ["mounts": .array(mounts.map(\.json))] }

    private var usage: Method {
        Method(
            "snapshots.usage", "The space a snapshot takes by itself.", params: [Self.key, CommonField.driver],
            result: "{bytes, inodes}", errors: [.notFound], access: .read
        ) { call in
            try driver(call).snapshotter.usage(try call.string("key")).json
        }
    }

    private var prepare: Method {
        Method(
            "snapshots.prepare", "Makes a snapshot that can be written to.",
            params: [Self.key, Self.parent, CommonField.labels, CommonField.driver], result: "{mounts}",
            errors: [.alreadyExists, .notFound, .failedPrecondition, .invalidArgument]
        ) { call in
            let driver = try driver(call)
            return try made(call, driver, .active) { key in
                try driver.snapshotter.prepare(key, parent: call.text("parent"), labels: call.labels())
            }
        }
    }

    private var view: Method {
        Method(
            "snapshots.view", "Makes a snapshot that can only be read.",
            params: [Self.key, Self.parent, CommonField.labels, CommonField.driver], result: "{mounts}",
            errors: [.alreadyExists, .notFound, .failedPrecondition, .invalidArgument]
        ) { call in
            let driver = try driver(call)
            return try made(call, driver, .view) { key in
                try driver.snapshotter.view(key, parent: call.text("parent"), labels: call.labels())
            }
        }
    }

    /// The driver first, then the row: a snapshot without a row is swept at boot. The row says what the driver was told; to
    /// ask it would cost a plugin another call.
    private func made(
        _ call: Call, _ driver: Unpacker.Driver, _ kind: SnapshotInfo.Kind, _ make: (_ key: String) throws -> [Mount]
    ) throws -> JSON {
        let key = try call.string("key")
        let mounts = try make(key)
        do {
            let info = SnapshotInfo(
                kind: kind, name: key, parent: call.text("parent"), labels: call.labels(),
                created: Timestamp(nanoseconds: Clock.realtime))
            try record(call, driver, info)
        } catch {
            try? driver.snapshotter.remove(key)
            throw error
        }
        return Self.json(mounts)
    }

    private func record(
        _ call: Call, _ driver: Unpacker.Driver, _ info: SnapshotInfo, usage: SnapshotUsage = .init()
    ) throws {
        try catalog.putSnapshot(
            SnapshotRecord(driver: driver.name, namespace: call.namespace, info: info, usage: usage),
            holders: holders(call))
    }

    private func holders(_ call: Call) -> [Node] {
        call.lease.map { [Node.lease(LeaseKey(namespace: call.namespace, id: $0))] } ?? []
    }

    /// Containers' snapshots are theirs, and other namespaces' keys too. Answers the row, if there is one.
    private func checkOwner(_ call: Call, _ driver: Unpacker.Driver, _ key: String) throws -> SnapshotRecord? {
        guard let (record, holders) = try? catalog.snapshotAndHolders(driver: driver.name, key: key) else { return nil }
        if let holder = holders.first(where: { $0.kind == .container }) {
            throw GantryError(.failedPrecondition, "change snapshot '\(key)': \(name(of: holder, call)) needs it")
        }
        guard record.info.kind == .committed || record.namespace == call.namespace else {
            throw GantryError(.notFound, "change snapshot '\(key)': it belongs to another namespace")
        }
        return record
    }

    private var commit: Method {
        Method(
            "snapshots.commit", "Makes an active snapshot a committed one.",
            params: [
                Self.key, Field("name", .string, required: true, "The committed snapshot's name."), CommonField.labels,
                CommonField.driver,
            ], result: "{}", errors: [.notFound, .alreadyExists, .failedPrecondition]
        ) { call in
            let driver = try driver(call)
            let key = try call.string("key")
            let name = try call.string("name")
            let active = try checkOwner(call, driver, key)
            try driver.snapshotter.commit(key, as: name, labels: call.labels(), usage: nil)
            let info = SnapshotInfo(
                kind: .committed, name: name,
                parent: try active.map(\.info.parent) ?? driver.snapshotter.stat(name).parent,
                labels: call.labels(), created: Timestamp(nanoseconds: Clock.realtime))
            // One transaction: the lease that held the key holds the name. When we die before it, the next start does it.
            let committed = SnapshotRecord(
                driver: driver.name, namespace: call.namespace, info: info, usage: try driver.snapshotter.usage(name))
            try catalog.commitSnapshot(key, as: committed, holders: holders(call))
            containers.unpacker.syncLater(name, [name], driver)
            return [:]
        }
    }

    private var update: Method {
        Method(
            "snapshots.update", "Replaces a snapshot's labels.",
            params: [Self.key, CommonField.labels, CommonField.driver], result: "As snapshots.stat.",
            errors: [.notFound]
        ) { call in
            let driver = try driver(call)
            let info = try driver.snapshotter.update(try call.string("key"), labels: call.labels())
            try record(call, driver, info, usage: try driver.snapshotter.usage(info.name))
            return info.json
        }
    }

    private var remove: Method {
        Method(
            "snapshots.remove", "Removes a snapshot that nothing needs but the call's own lease.",
            params: [Self.key, CommonField.driver], result: "{}", errors: [.notFound, .failedPrecondition]
        ) { call in
            let driver = try driver(call)
            let key = try call.string("key")
            try remove(key, driver, call)
            return [:]
        }
    }

    /// The row first, as the catalog wants it; when the driver will not, the row comes back. When we die in between, the
    /// next start removes what has no row.
    func remove(_ key: String, _ driver: Unpacker.Driver, _ call: Call) throws {
        let own = holders(call)
        let record: SnapshotRecord
        do {
            record = try catalog.forgetSnapshot(
                driver: driver.name, key: key, namespace: call.namespace, despite: own)
        } catch let error as GantryError where error.code == .failedPrecondition {
            let present = try leases.references(to: .snapshot(driver: driver.name, key: key))
            guard let holder = present.first(where: { !own.contains($0) }) else { throw error }
            throw GantryError(.failedPrecondition, "remove snapshot '\(key)': \(name(of: holder, call)) needs it")
        }
        do {
            try driver.snapshotter.remove(key)
        } catch let error as GantryError {
            if error.code == .notFound { return }
            try? catalog.putSnapshot(record, holders: own)
            throw error
        }
        // What only it stood on.
        collect()
    }

    /// For messages: "container 'web'", "image 'busybox:latest'".
    func name(of holder: Node, _ call: Call) -> String {
        switch holder.kind {
        case .container:
            let record = containers.containers.allContainers().first { $0.id.text == holder.key }
            return "container '\(record?.name ?? holder.key)'"
        case .blob:
            let users = SnapshotUsers(self, call)
            return users.names(ofManifest: holder.key).first.map { "image '\($0)'" } ?? "\(holder)"
        case .snapshot:
            return "snapshot '\(holder.key.drop { $0 != "/" }.dropFirst())', which stands on it,"
        case .lease, .image: return "\(holder)"
        }
    }
}
