import GRDB
import GantryCore
import GantryModel
import GantrySystem
import GantryWire
import Synchronization

/// What one run of the collector did.
package struct CollectorReport: Sendable, Equatable {
    /// Leases that had expired.
    package var leases = 0
    /// Blobs deleted.
    package var blobs = 0
    /// Snapshots that their drivers removed.
    package var snapshots = 0
    /// Snapshots that a driver would not remove yet; they stay queued for the next run.
    package var failures: [String] = []
    /// Whether candidates are left: the limit was reached.
    package var hasMore = false

    /// Makes an empty report.
    package init() {}
}

/// Removes what nothing refers to any more.
///
/// It works a queue, not the world: whoever takes a last reference back queues the candidate in the same transaction.
/// One transaction looks at a bounded batch again, deletes the rows of what is still unreferenced (which may queue
/// more) and moves blob files to the trash; after the commit the trash is unlinked and the drivers are asked to
/// remove their snapshots, which stay noted until they have.
package final class Collector: Sendable {
    private let metadata: Metadata
    private let removeSnapshot: @Sendable (_ driver: String, _ key: String) throws -> Void

    /// Takes the rows, and how to remove a snapshot from its driver (a `.notFound` counts as done).
    package init(_ metadata: Metadata, removeSnapshot: @escaping @Sendable (String, String) throws -> Void) {
        self.metadata = metadata
        self.removeSnapshot = removeSnapshot
    }

    /// Ends expired leases, then works off at most `limit` candidates, then removes what their rows stood for.
    ///
    /// Cost: one transaction when there is anything to do, none otherwise. One run at a time.
    package func runOnce(limit: Int = 256) throws -> CollectorReport {
        var report = CollectorReport()
        if try hasWork() {
            report = try metadata.write("collect") { transaction in
                var report = CollectorReport()
                report.leases = try transaction.removeExpiredLeases(limit: limit)
                let candidates = try transaction.rows("SELECT kind, key FROM candidate LIMIT ?", [limit])
                for candidate in candidates.compactMap(Node.init(row:)) {
                    try transaction.collect(candidate, layout: metadata.layout, &report)
                }
                report.hasMore = try transaction.any("SELECT 1 FROM candidate", [])
                return report
            }
        }
        try removeFromDrivers(&report)
        try emptyTrash()
        return report
    }

    /// Runs until the queue is empty.
    package func drain(limit: Int = 256) throws -> CollectorReport {
        var total = CollectorReport()
        while true {
            let report = try runOnce(limit: limit)
            total.leases += report.leases
            total.blobs += report.blobs
            total.snapshots += report.snapshots
            total.failures = report.failures
            if !report.hasMore { return total }
        }
    }

    /// Has `body` called whenever there may be something to collect, or to wait for.
    func notify(_ body: @escaping @Sendable () -> Void) { metadata.onCandidate.withLock { $0 = body } }

    /// When the next lease expires; nil when none does.
    func nextExpiry() throws -> Timestamp? {
        try metadata.read("look for expiring leases") { reader in
            try reader.rows("SELECT min(expires) FROM lease WHERE expires IS NOT NULL").first
                .flatMap { $0[0] as Int64? }.map(Timestamp.init(nanoseconds:))
        }
    }

    private func hasWork() throws -> Bool {
        try metadata.read("look for candidates") { reader in
            try reader.any(
                "SELECT 1 FROM candidate UNION ALL SELECT 1 FROM lease WHERE expires <= ? LIMIT 1",
                [reader.now.nanoseconds])
        }
    }

    private func removeFromDrivers(_ report: inout CollectorReport) throws {
        let pending = try metadata.read("look for snapshots to remove") { reader in
            try reader.rows("SELECT driver, key FROM removal").map { (driver: $0[0] as String, key: $0[1] as String) }
        }
        guard !pending.isEmpty else { return }
        var done: [(driver: String, key: String)] = []
        for (driver, key) in pending {
            do {
                try removeSnapshot(driver, key)
                done.append((driver, key))
            } catch let error as GantryError where error.code == .notFound {
                done.append((driver, key))
            } catch {
                report.failures.append("remove snapshot '\(key)' of '\(driver)': \(error)")
            }
        }
        report.snapshots = done.count
        try metadata.write("note removed snapshots") { transaction in
            for (driver, key) in done {
                try transaction.run("DELETE FROM removal WHERE driver = ? AND key = ?", [driver, key])
            }
        }
    }

    private func emptyTrash() throws {
        try describing("empty the trash") { () throws(Errno) in
            let trash = try File.open(metadata.layout.trash, .directory)
            for entry in try Directory.list(descriptor: trash.raw) {
                try Directory.removeTree(entry.name, at: trash.raw)
            }
        }
    }
}

extension Transaction {
    /// Ends leases that have expired.
    fileprivate func removeExpiredLeases(limit: Int) throws -> Int {
        let rows = try rows("SELECT namespace, id FROM lease WHERE expires <= ? LIMIT ?", [now.nanoseconds, limit])
        for row in rows { try removeLease(LeaseKey(namespace: row[0], id: row[1])) }
        return rows.count
    }

    /// Takes a candidate off the queue and deletes its row unless something refers to it again.
    fileprivate func collect(_ node: Node, layout: StoreLayout, _ report: inout CollectorReport) throws {
        try run("DELETE FROM candidate WHERE kind = ? AND key = ?", [node.kind.rawValue, node.key])
        guard node.kind.isCollected, try !isReferenced(node), try exists(node) else { return }
        switch node.kind {
        case .blob:
            try removeBlob(Digest(node.key), layout: layout)
            report.blobs += 1
        case .snapshot:
            let (driver, key) = node.parts
            try run("DELETE FROM snapshot WHERE driver = ? AND key = ?", [driver, key])
            try run("INSERT OR IGNORE INTO removal (driver, key) VALUES (?, ?)", [driver, key])
            try dropReferences(from: node)
        case .lease, .image, .container: break
        }
    }
}
