import GantryCore
import GantryModel
import GantryStore
import GantryWire
import Logging

/// Makes a snapshotter and the rows of its snapshots agree, before anybody uses it, after calls that died between the two.
struct SnapshotSweep {
    let name: String
    let snapshotter: any Snapshotter
    let metadata: Metadata
    let log: Logger

    func run() {
        // A database that was lost knows nothing that could be swept.
        if metadata.isFresh { return }
        do { try sweep() } catch {
            log.warning("sweep of snapshots failed", metadata: ["snapshotter": "\(name)", "error": "\(error)"])
        }
    }

    private func sweep() throws {
        let rows = try metadata.snapshots(driver: name, namespace: nil)
        var known = Dictionary(uniqueKeysWithValues: rows.map { ($0.info.name, $0) })
        var orphans = [SnapshotInfo]()
        try snapshotter.walk(SnapshotFilter()) { if known[$0.name] == nil { orphans.append($0) } }
        try orphans.removeAll { try complete($0, &known) }
        // Children before their parents: whoever is removed must have none.
        while !orphans.isEmpty {
            let before = orphans.count
            orphans.removeAll { (try? snapshotter.remove($0.name)) != nil }
            if orphans.count == before { break }
        }
        // And a row goes before that of the parent, which it needs.
        var lost = try known.keys.filter(isLost)
        while !lost.isEmpty {
            let before = lost.count
            try lost.removeAll(where: forget)
            if lost.count == before { break }
        }
    }

    private func isLost(_ key: String) throws -> Bool {
        do { _ = try snapshotter.stat(key) } catch let error as GantryError where error.code == .notFound {
            return true
        }
        return false
    }

    /// Writes the row of a commit that the driver has done: the active snapshot is gone, and what was in it is not lost.
    private func complete(_ info: SnapshotInfo, _ known: inout [String: SnapshotRecord]) throws -> Bool {
        guard info.kind == .committed, let key = info.committedFrom, let active = known[key],
            active.info.kind == .active, active.info.parent == info.parent, try isLost(key)
        else { return false }
        let record = SnapshotRecord(
            driver: name, namespace: active.namespace, info: info, usage: try snapshotter.usage(info.name))
        try metadata.commitSnapshot(key, as: record, holders: [])
        known[key] = nil
        log.notice(
            "a commit was completed", metadata: ["snapshotter": "\(name)", "key": "\(key)", "name": "\(info.name)"])
        return true
    }

    /// Forgets the row of what is not there; false when something needs it. A lease needs nothing that is not there.
    private func forget(_ key: String) throws -> Bool {
        do {
            let leases = try metadata.snapshotAndHolders(driver: name, key: key).holders.filter { $0.kind == .lease }
            try metadata.forgetSnapshot(driver: name, key: key, namespace: nil, despite: leases)
            return true
        } catch let error as GantryError where error.code == .notFound {
            return true
        } catch let error as GantryError where error.code == .failedPrecondition {
            return false
        }
    }
}
