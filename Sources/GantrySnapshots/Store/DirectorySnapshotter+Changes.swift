import GantryCore
import GantryModel
import GantrySystem
import GantryWire
import Synchronization

extension DirectorySnapshotter {
    func prepare(_ key: String, parent: String?, labels: Labels) throws -> [Mount] {
        try make("prepare snapshot", .active, key, parent, labels)
    }

    func view(_ key: String, parent: String?, labels: Labels) throws -> [Mount] {
        try make("view snapshot", .view, key, parent, labels)
    }

    private func make(
        _ operation: String, _ kind: SnapshotInfo.Kind, _ key: String, _ parent: String?, _ labels: Labels
    ) throws(GantryError) -> [Mount] {
        try checkOpen(operation, key)
        let (id, chain) = try index.withLock { (index) throws(GantryError) in
            try index.reserve(operation, key, parent: parent)
        }
        let info = SnapshotInfo(kind: kind, name: key, parent: parent, labels: labels, created: now)
        let record = SnapshotRecord(id: id, info: info)
        let mounts: [Mount]
        do throws(Errno) {
            try disk.create(id)
            try Driver.makeTree(id, chain: chain, kind: kind, on: disk)
            FailurePoint.snapshotMade.reach()
            // Before the record: what fails has changed nothing.
            mounts = try Driver.mounts(id, chain: chain, kind: kind, on: disk)
            try Driver.fill(id, chain: chain, kind: kind, on: disk)
            FailurePoint.snapshotFilled.reach()
            try disk.publish(record)
            FailurePoint.snapshotPublished.reach()
        } catch {
            try? disk.discard(id)
            sweeper.wake()
            index.withLock { $0.cancel(key, parent: parent) }
            if error == .noEntry, let parent, !Path.exists("\(chain[0])/fs", at: disk.handle) {
                throw GantryError(
                    .dataLoss,
                    "\(operation) '\(key)': the tree of its parent '\(parent)', '\(disk.tree(chain[0]))', is gone")
            }
            throw GantryError(error, "\(operation) '\(key)'")
        }
        index.withLock { $0.publish(record) }
        return mounts
    }

    func update(_ key: String, labels: Labels) throws -> SnapshotInfo {
        try checkOpen("update snapshot", key)
        var record = try index.withLock { try $0.hold("update snapshot", key) }
        record.info.labels = labels
        record.info.updated = now
        record.revision += 1
        do throws(Errno) { try disk.rewrite(record) } catch {
            index.withLock { $0.release(key) }
            throw GantryError(error, "update snapshot '\(key)'")
        }
        index.withLock { $0.publish(record) }
        return record.info
    }

    func commit(_ key: String, as name: String, labels: Labels, usage: SnapshotUsage?) throws {
        try checkOpen("commit", key)
        let (active, damaged) = try index.withLock { (index) throws(GantryError) in
            let active = try index.hold("commit", key)
            do throws(GantryError) {
                guard active.info.kind == .active else {
                    throw GantryError(.failedPrecondition, "commit '\(key)': it is \(active.info.kind.rawValue)")
                }
                return (active, try index.reserveName(name, for: key, boot: boot))
            } catch {
                index.release(key)
                throw error
            }
        }
        do throws(GantryError) {
            try Driver.seal(active.id, "commit '\(key)'", on: disk)
            FailurePoint.commitSealed.reach()
            var info = SnapshotInfo(
                kind: .committed, name: name, parent: active.info.parent, labels: labels, created: now)
            info.updated = info.created
            info.committedFrom = key
            var record = SnapshotRecord(id: active.id, info: info)
            record.revision = active.revision + 1
            if let usage { record.usage = usage } else { record.usage = try measure(active) }
            record.boot = boot
            do throws(Errno) { try disk.rewrite(record) } catch { throw GantryError(error, "commit '\(key)'") }
            FailurePoint.commitRecorded.reach()
            index.withLock { $0.rename(key, to: record, replacing: damaged) }
        } catch {
            unseal(active.id)
            index.withLock { index in
                index.release(key)
                index.cancelName(name)
            }
            throw error
        }
        // What cannot be freed now is at the next start.
        try? Driver.settle(active.id, on: disk)
        FailurePoint.commitSettled.reach()
        guard let damaged else { return }
        try disk.discard(damaged.id)
        sweeper.wake()
    }

    func remove(_ key: String) throws {
        try checkOpen("remove snapshot", key)
        let record = try index.withLock { try $0.take(key) }
        do {
            try disk.discard(record.id)
            FailurePoint.removeDiscarded.reach()
        } catch {
            index.withLock { $0.restore(record) }
            throw error
        }
        sweeper.wake()
    }

    func sync(_ name: String) throws {
        try checkOpen("sync snapshot", name)
        let record = try index.withLock { try $0.record("sync snapshot", name) }
        guard record.info.kind == .committed else {
            throw GantryError(.failedPrecondition, "sync snapshot '\(name)': it is \(record.info.kind.rawValue)")
        }
        if !record.info.synced { try syncAll() }
    }

    /// One write-back serves everything that was committed before it began.
    private func syncAll() throws(GantryError) {
        let dirty = index.withLock { $0.records }
            .filter { $0.info.kind == .committed && !$0.info.synced && !$0.isDamaged(since: boot) }
        if dirty.isEmpty { return }
        do throws(Errno) { try disk.syncFilesystem() } catch { throw GantryError(error, "sync '\(disk.root)'") }
        for old in dirty {
            // Removed or being changed meanwhile: then this mark is not worth a wait.
            guard let held = try? index.withLock({ try $0.hold("sync snapshot", old.info.name) }) else { continue }
            guard held.id == old.id else {
                index.withLock { $0.release(old.info.name) }
                continue
            }
            var record = held
            record.info.synced = true
            record.boot = nil
            record.revision += 1
            do throws(Errno) { try disk.rewrite(record) } catch {
                index.withLock { $0.release(old.info.name) }
                throw GantryError(error, "sync snapshot '\(old.info.name)'")
            }
            index.withLock { $0.publish(record) }
        }
    }

    func sweep() throws {
        do throws(Errno) {
            while try disk.emptyTrash() {}
        } catch { throw GantryError(error, "sweep '\(disk.root)'") }
    }

    func close() throws {
        if isClosed.exchange(true, ordering: .acquiringAndReleasing) { return }
        sweeper.close()
        Driver.close(disk)
        try syncAll()
    }
}
