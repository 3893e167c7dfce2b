import GantryCore
import GantryImages
import GantryModel
import GantryRuntime
import GantrySnapshots
import GantryStore
import GantrySystem
import GantryWire
import Logging

/// Taking up what an earlier daemon left: the rows are the truth about names, the shims about what runs.
extension Daemon {
    func recover() throws {
        sweepSnapshots()
        tasks.adopt()
        reconcile()
        restoreLayers()
        syncLayers()
    }

    private func sweepSnapshots() {
        // Plugins are swept when they have answered, by their own threads.
        for name in BuiltInSnapshotter.allCases.map(\.rawValue) {
            guard let snapshotter = drivers.ready[name] else { continue }
            SnapshotSweep(name: name, snapshotter: snapshotter, metadata: metadata, log: log).run()
        }
    }

    /// Makes rows and tasks agree: what runs is running, what has no shim any more has ended.
    private func reconcile() {
        for record in metadata.allContainers() {
            if let entry = tasks.entry(record.key) {
                if entry.pid != 0, record.status.state != .running, record.status.state != .paused {
                    try? containers.started(record, pid: entry.pid, at: Clock.realtime)
                }
                if entry.pid != 0 { containers.reconcilePause(record) }
                // A task that was never started is being removed; its container cannot be running.
                if entry.state != .failed { continue }
            }
            if record.status.state == .exited, record.details["autoRemove"]?.bool == true {
                // The daemon ended between the stop and the start of its restart.
                try? containers.remove(record, force: false, volumes: true)
                continue
            }
            guard record.status.state == .running || record.status.state == .paused else { continue }
            // Without a task's directory the state directory is new: the machine was restarted.
            let exit = ExitRecord(
                exitCode: 137, signal: 9, finishedAt: Clock.realtime,
                error: "stopped by a restart of the machine, or its state directory was removed")
            try? containers.taskExited(record.key, exit, startedAt: 0)
        }
    }

    /// Takes up the write-back that an earlier daemon did not come to.
    private func syncLayers() {
        for (name, snapshotter) in drivers.ready {
            let damaged = Set(snapshotter.unsynced())
            var names = [String]()
            try? snapshotter.walk(SnapshotFilter(kind: .committed)) { info in
                if !info.synced, !damaged.contains(info.name) { names.append(info.name) }
            }
            guard let first = names.first else { continue }
            unpacker.syncLater(first, names, Unpacker.Driver(name: name, snapshotter: snapshotter))
        }
    }

    /// Unpacks again what may not have reached the disk before the machine went down.
    private func restoreLayers() {
        for (name, snapshotter) in drivers.ready {
            let damaged = Set(snapshotter.unsynced())
            if damaged.isEmpty { continue }
            log.notice(
                "layers are unpacked again after an unclean stop",
                metadata: ["snapshotter": "\(name)", "count": "\(damaged.count)"])
            for namespace in metadata.namespaces() {
                for record in metadata.images(namespace: namespace.name) {
                    guard let image = try? resolver.resolve(record.target),
                        image.chain.contains(where: { damaged.contains($0.description) })
                    else { continue }
                    do {
                        try metadata.withLease(namespace: namespace.name) { lease in
                            try unpacker.unpack(
                                image, for: Unpacker.Driver(name: name, snapshotter: snapshotter),
                                namespace: namespace.name, lease: lease, isVerified: true)
                        }
                    } catch {
                        log.error(
                            "image could not be unpacked again",
                            metadata: ["image": "\(record.name)", "error": "\(error)"])
                    }
                }
            }
        }
    }
}
