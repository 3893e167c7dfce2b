import GantryCore
import GantryImages
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySnapshots
import GantrySystem
import GantryWire

/// Moving the layer that a container writes to.
extension Migration {
    /// - Throws: `.failedPrecondition` for one that runs, or is about to.
    func checkStopped(_ record: ContainerRecord) throws {
        let containers = service.containers
        let now = try containers.containers.container(namespace: record.namespace, id: record.id)
        // One that has ended a moment ago is still mounted for a moment.
        if containers.tasks.get.entry(record.key)?.exit != nil {
            _ = containers.tasks.get.waitGone(record.key, milliseconds: 10_000)
        }
        switch now.status.state {
        case .running, .paused:
            throw GantryError(.failedPrecondition, now.status.state.rawValue)
        default:
            guard containers.tasks.get.entry(record.key) == nil else {
                throw GantryError(.failedPrecondition, "being started")
            }
        }
    }

    func move(_ record: ContainerRecord) throws {
        let uses = service.containers.snapshotUses
        guard uses.beginMove(record.id) else {
            throw GantryError(.failedPrecondition, "in use: it is being started, or copied from or into")
        }
        defer { uses.endMove(record.id) }
        try checkStopped(record)
        try tell("container", record.name, "moving")
        try service.leases.withLease(namespace: call.namespace) { lease in
            let info = try from.snapshotter.stat(record.snapshotKey)
            try makeParents(of: record, info, lease)
            try removeDraft(record)
            let new = try to.snapshotter.prepare(record.snapshotKey, parent: info.parent, labels: info.labels)
            FailurePoint.migratePrepared.reach()
            do {
                try copyTree(from.snapshotter.mounts(record.snapshotKey), new, "container", record.name)
                FailurePoint.migrateProven.reach()
                try call.checkCancelled()
                try service.containers.containers.moveContainer(
                    record.id, from: from.name,
                    to: SnapshotRecord(
                        driver: to.name, namespace: record.namespace,
                        info: try to.snapshotter.stat(record.snapshotKey)),
                    events: [record.event("container.migrate", ["from": .string(from.name), "to": .string(to.name)])])
            } catch {
                if !isMoved(record) { try? to.snapshotter.remove(record.snapshotKey) }
                throw error
            }
            FailurePoint.migrateSwitched.reach()
        }
        service.collect()
        try tell("container", record.name, "done")
    }

    /// The row is the truth: after it was written, an error (a full disk under container.json) must not take the files.
    private func isMoved(_ record: ContainerRecord) -> Bool {
        let now = try? service.containers.containers.container(namespace: record.namespace, id: record.id)
        return now?.snapshotter == to.name
    }

    /// What an earlier call of this daemon could not remove.
    private func removeDraft(_ record: ContainerRecord) throws {
        guard (try? to.snapshotter.stat(record.snapshotKey)) != nil else { return }
        guard (try? service.catalog.snapshot(driver: to.name, key: record.snapshotKey)) == nil else {
            throw GantryError(
                .alreadyExists, "'\(to.name)' has a snapshot '\(record.snapshotKey)', which is not this container's")
        }
        try to.snapshotter.remove(record.snapshotKey)
    }

    /// The layers that the container stands on are on TO: of its image, or whatever they are.
    private func makeParents(of record: ContainerRecord, _ info: SnapshotInfo, _ lease: LeaseKey) throws {
        guard let parent = info.parent else { return }
        if let digest = record.imageDigest, let image = try? resolve(digest), image.top == parent {
            return try makeLayers(of: image, lease)
        }
        var chain: [SnapshotInfo] = []
        var next: String? = parent
        while let name = next {
            let layer = try from.snapshotter.stat(name)
            chain.append(layer)
            next = layer.parent
        }
        let damaged = Set(to.snapshotter.unsynced())
        for layer in chain.reversed() {
            try call.checkCancelled()
            if damaged.contains(layer.name) || (try? to.snapshotter.stat(layer.name)) == nil {
                try copyLayer(layer.name, parent: layer.parent, shown: layer.name)
            }
            try service.catalog.putSnapshot(
                SnapshotRecord(
                    driver: to.name, namespace: call.namespace, info: try to.snapshotter.stat(layer.name),
                    usage: try to.snapshotter.usage(layer.name)),
                holders: [.lease(lease)])
        }
        try to.snapshotter.sync(parent)
    }

    /// Makes one tree what the other is, proves it, and writes it back.
    ///
    /// On a thread with a mount namespace of its own: whatever becomes of this process, the kernel takes the mounts down.
    func copyTree(_ old: [Mount], _ new: [Mount], _ kind: String, _ name: String) throws {
        let places = service.containers.lookPlaces
        beginCopy()
        try Threads.run("gantry-move", stack: 8 << 20) { [self] in
            try describing("look into \(kind) '\(name)'") { () throws(Errno) in
                try Mounts.unshareNamespace()
                // Nothing of what follows reaches the machine's own mounts.
                try Mounts.mount("", at: "/", type: "", flags: [.recursive, .isPrivate])
            }
            try old.apply(at: places.root)
            try new.apply(at: places.image)
            try describing("look into \(kind) '\(name)'") { () throws(Errno) in
                try Mounts.mount("", at: places.root, type: "", flags: [.remount, .bind, .readOnly])
            }
            let source = try self.open(places.root, name)
            let target = try self.open(places.image, name)
            for comparesContent in [false, true] {
                try self.step("copy \(kind) '\(name)'") { check throws(Errno) in
                    try TreeSync.run(
                        from: source.raw, to: target.raw, comparesContent: comparesContent,
                        bytes: { self.copied($0, kind, name) }, check: check)
                }
                if !comparesContent, kind == "container" { FailurePoint.migrateCopied.reach() }
                try self.tell(kind, name, "comparing")
                let difference = try self.step("compare \(kind) '\(name)'") { check throws(Errno) in
                    try TreeProof.difference(source.raw, target.raw, check: check)
                }
                guard let difference else {
                    return try describing("sync \(kind) '\(name)'") { () throws(Errno) in
                        try File.syncFilesystem(target.raw)
                    }
                }
                // Content may have changed under the same size and times: seen only by who reads it.
                if comparesContent {
                    throw GantryError(.dataLoss, "copy \(kind) '\(name)': the copy is different: \(difference)")
                }
            }
        }
    }

    private func open(_ path: String, _ name: String) throws(GantryError) -> SharedDescriptor {
        try describing("open '\(name)'") { () throws(Errno) in SharedDescriptor(try File.open(path, [.directory])) }
    }

    /// Kernel work that stops when nobody wants it any more.
    private func step<Result>(
        _ operation: String, _ body: (@escaping () throws(Errno) -> Void) throws(Errno) -> Result
    ) throws -> Result {
        do throws(Errno) {
            return try body { [call] () throws(Errno) in if call.isCancelled { throw .interrupted } }
        } catch {
            try call.checkCancelled()
            throw GantryError(operation, error)
        }
    }
}
