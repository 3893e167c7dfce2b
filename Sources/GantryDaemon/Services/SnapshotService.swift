import GantryCore
import GantryImages
import GantryModel
import GantryRPC
import GantryWire

/// `snapshots.*`: the snapshotters, for engines that put root file systems together themselves.
///
/// Keys of active snapshots and views belong to the namespace that made them; committed layers are shared by all.
struct SnapshotService: Sendable {
    let catalog: any SnapshotCatalog
    let leases: any LeaseStore
    let drivers: SnapshotDrivers

    var methods: [Method] { [stat, list, mounts, usage, prepare, view, commit, update, remove] }

    private static let key = Field("key", .string, required: true, "The snapshot's key or name.")
    private static let parent = Field("parent", .string, "A committed snapshot; nothing when absent.")

    private func driver(_ call: Call) throws -> Unpacker.Driver { try drivers.driver(call.text("driver")) }

    private var stat: Method {
        Method(
            "snapshots.stat", "Describes a snapshot.", params: [Self.key, CommonField.driver],
            result: "{kind, name, parent?, labels, created, updated, synced}", errors: [.notFound], access: .read
        ) { call in
            try driver(call).snapshotter.stat(try call.string("key")).json
        }
    }

    private var list: Method {
        Method(
            "snapshots.list", "Lists snapshots.", params: [CommonField.driver], item: "As snapshots.stat.",
            access: .read, mode: .stream
        ) { call in
            for record in try catalog.snapshots(driver: try driver(call).name, namespace: call.namespace) {
                try call.send(item: record.info.json)
            }
            return [:]
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
            return try made(call, driver) {
                try driver.snapshotter.prepare(
                    try call.string("key"), parent: call.text("parent"), labels: call.labels())
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
            return try made(call, driver) {
                try driver.snapshotter.view(try call.string("key"), parent: call.text("parent"), labels: call.labels())
            }
        }
    }

    /// The driver first, then the row: a snapshot without a row is swept at boot.
    private func made(_ call: Call, _ driver: Unpacker.Driver, _ make: () throws -> [Mount]) throws -> JSON {
        let mounts = try make()
        let key = try call.string("key")
        do {
            try record(call, driver, key)
        } catch {
            try? driver.snapshotter.remove(key)
            throw error
        }
        return Self.json(mounts)
    }

    private func record(_ call: Call, _ driver: Unpacker.Driver, _ key: String, usage: SnapshotUsage = .init()) throws {
        let holders = call.lease.map { [Node.lease(LeaseKey(namespace: call.namespace, id: $0))] } ?? []
        try catalog.putSnapshot(
            SnapshotRecord(
                driver: driver.name, namespace: call.namespace, info: try driver.snapshotter.stat(key), usage: usage),
            holders: holders)
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
            try driver.snapshotter.commit(key, as: name, labels: call.labels(), usage: nil)
            try record(call, driver, name, usage: try driver.snapshotter.usage(name))
            try catalog.forgetSnapshot(driver: driver.name, key: key)
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
            try record(call, driver, info.name, usage: try driver.snapshotter.usage(info.name))
            return info.json
        }
    }

    private var remove: Method {
        Method(
            "snapshots.remove", "Removes a snapshot that nothing needs.", params: [Self.key, CommonField.driver],
            result: "{}", errors: [.notFound, .failedPrecondition]
        ) { call in
            let driver = try driver(call)
            let key = try call.string("key")
            try catalog.forgetSnapshot(driver: driver.name, key: key)
            try driver.snapshotter.remove(key)
            return [:]
        }
    }
}
