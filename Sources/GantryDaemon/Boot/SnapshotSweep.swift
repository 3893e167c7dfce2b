import GantryCore
import GantryModel
import GantryStore
import GantrySystem
import GantryWire
import Logging

/// Makes a snapshotter and the rows of its snapshots agree, before anybody uses it: what calls that died between the
/// driver and the database left goes; rows that the machine's end took are written again.
struct SnapshotSweep {
    let name: String
    let snapshotter: any Snapshotter
    let metadata: Metadata
    let log: Logger

    func run() {
        do {
            // A database that was lost knows nothing that could be swept.
            if !metadata.isFresh { try sweep() }
            try describing("note the boot for '\(name)'") { () throws(Errno) in
                try File.replace(bootFile, with: Array(Processes.bootID().utf8), mode: 0o600, sync: false)
            }
        } catch {
            log.warning("sweep of snapshots failed", metadata: ["snapshotter": "\(name)", "error": "\(error)"])
        }
    }

    private func sweep() throws {
        let known = Set(try metadata.snapshots(driver: name, namespace: nil).map(\.info.name))
        var orphans = [SnapshotInfo]()
        try snapshotter.walk(SnapshotFilter()) { if !known.contains($0.name) { orphans.append($0) } }
        // Within one boot no row is lost: what has none was never answered.
        if isOtherBoot { try restoreRows(&orphans) }
        // Children before their parents: whoever is removed must have none.
        while !orphans.isEmpty {
            let before = orphans.count
            orphans.removeAll { (try? snapshotter.remove($0.name)) != nil }
            if orphans.count == before { break }
        }
        for key in known { try forget(key) }
    }

    /// In which boot this snapshotter's rows were last made to agree. One that cannot be read is another.
    private var bootFile: String { "\(metadata.layout.meta)/boot.\(name)" }

    private var isOtherBoot: Bool {
        (try? File.contents(bootFile, limit: 4096)) != Array(Processes.bootID().utf8)
    }

    /// Writes rows for what was made through `snapshots.*`: they need not have been on the disk (`SnapshotOwner`).
    private func restoreRows(_ orphans: inout [SnapshotInfo]) throws {
        var restored = 0
        while true {
            let before = orphans.count
            // A parent before its children, since a row refers to its parent's.
            try orphans.removeAll { try restoreRow($0) }
            if orphans.count == before { break }
            restored += before - orphans.count
        }
        guard restored > 0 else { return }
        log.notice(
            "rows of snapshots were written again after an unclean stop of the machine",
            metadata: ["snapshotter": "\(name)", "count": "\(restored)"])
    }

    /// False for what nobody made, whose lease has ended, or whose parent has no row (yet).
    private func restoreRow(_ info: SnapshotInfo) throws -> Bool {
        guard let owner = SnapshotOwner(info.labels) else { return false }
        let holders = try owner.leases.map { LeaseKey(namespace: owner.namespace, id: $0) }
            .filter { lease in try metadata.leases(namespace: lease.namespace).contains { $0.key == lease } }
        if holders.isEmpty, !owner.leases.isEmpty { return false }
        let usage = info.kind == .committed ? try snapshotter.usage(info.name) : SnapshotUsage()
        do {
            try metadata.putSnapshot(
                SnapshotRecord(
                    driver: name, namespace: owner.namespace, info: info.withoutOwner, usage: usage),
                holders: holders.map(Node.lease))
            return true
        } catch let error as GantryError where error.code == .notFound {
            return false
        }
    }

    /// Forgets the row of what a call removed or committed when it died. What something needs stays; a lease needs nothing
    /// that is not there.
    private func forget(_ key: String) throws {
        do { _ = try snapshotter.stat(key) } catch let error as GantryError where error.code == .notFound {
            let leases = try metadata.snapshotAndHolders(driver: name, key: key).holders.filter { $0.kind == .lease }
            _ = try? metadata.forgetSnapshot(
                driver: name, key: key, namespace: nil, despite: leases, durable: true)
        }
    }
}
