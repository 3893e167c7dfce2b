import GRDB
package import GantryCore
import GantryModel
import GantryWire

extension Metadata: SnapshotCatalog {
    package func putSnapshot(_ record: SnapshotRecord, holders: [Node]) throws {
        try write("record snapshot '\(record.info.name)'") { transaction in
            try transaction.putSnapshot(record)
            for holder in holders {
                guard try transaction.exists(holder) else {
                    throw GantryError(.notFound, "record snapshot '\(record.info.name)': \(holder) is not there")
                }
                try transaction.addReferences(from: holder, to: [record.node])
            }
        }
    }

    package func commitSnapshot(_ key: String, as record: SnapshotRecord, holders: [Node]) throws {
        let old = Node.snapshot(driver: record.driver, key: key)
        try write("record snapshot '\(record.info.name)'") { transaction in
            try transaction.putSnapshot(record)
            for holder in try holders + transaction.references(to: old) {
                try transaction.addReferences(from: holder, to: [record.node])
                try transaction.removeReference(from: holder, to: old)
            }
            try transaction.run("DELETE FROM snapshot WHERE driver = ? AND key = ?", [record.driver, key])
            try transaction.dropReferences(from: old)
        }
    }

    package func snapshot(driver: String, key: String) throws -> SnapshotRecord {
        try read("read snapshot '\(key)'") { try $0.snapshot("read", driver, key) }
    }

    package func snapshotAndHolders(
        driver: String, key: String
    ) throws -> (record: SnapshotRecord, holders: [Node]) {
        try read("read snapshot '\(key)'") { reader in
            (try reader.snapshot("read", driver, key), try reader.references(to: .snapshot(driver: driver, key: key)))
        }
    }

    package func snapshots(driver: String, namespace: String?) throws -> [SnapshotRecord] {
        try read("list snapshots of '\(driver)'") { reader in
            if let namespace {
                return try reader.rows(
                    "\(SnapshotRecord.select) WHERE driver = ? AND namespace = ? ORDER BY key", [driver, namespace])
            }
            return try reader.rows("\(SnapshotRecord.select) WHERE driver = ? ORDER BY key", [driver])
        }.map(SnapshotRecord.init(row:))
    }

    package func markSynced(driver: String, _ keys: [String]) throws {
        try write("mark snapshots of '\(driver)' synced") { transaction in
            for key in keys {
                try transaction.run("UPDATE snapshot SET synced = 1 WHERE driver = ? AND key = ?", [driver, key])
            }
        }
    }

    @discardableResult
    package func forgetSnapshot(
        driver: String, key: String, namespace: String?, despite holders: [Node]
    ) throws -> SnapshotRecord {
        let node = Node.snapshot(driver: driver, key: key)
        return try write("forget snapshot '\(key)'") { transaction in
            let record = try transaction.snapshot("remove", driver, key)
            if let namespace, record.info.kind != .committed, record.namespace != namespace {
                throw GantryError(.notFound, "remove snapshot '\(key)': it belongs to another namespace")
            }
            let present = try transaction.references(to: node)
            if let holder = present.first(where: { !holders.contains($0) }) {
                throw GantryError(.failedPrecondition, "remove snapshot '\(key)': \(holder) needs it")
            }
            for holder in present { try transaction.deleteReference(from: holder, to: node) }
            try transaction.run("DELETE FROM snapshot WHERE driver = ? AND key = ?", [driver, key])
            try transaction.dropReferences(from: node)
            return record
        }
    }
}

extension Transaction {
    fileprivate func snapshot(_ verb: String, _ driver: String, _ key: String) throws -> SnapshotRecord {
        guard let row = try rows("\(SnapshotRecord.select) WHERE driver = ? AND key = ?", [driver, key]).first else {
            throw GantryError(.notFound, "\(verb) snapshot '\(key)': '\(driver)' has none of this name")
        }
        return try SnapshotRecord(row: row)
    }

    /// Writes the row of a snapshot and its reference to its parent.
    func putSnapshot(_ record: SnapshotRecord) throws {
        let info = record.info
        try run(
            """
            INSERT INTO snapshot
              (driver, key, namespace, kind, parent, labels, created, updated, bytes, inodes, synced)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (driver, key) DO UPDATE SET
              kind = excluded.kind, parent = excluded.parent, labels = excluded.labels, updated = excluded.updated,
              bytes = excluded.bytes, inodes = excluded.inodes, synced = excluded.synced
            """,
            [
                record.driver, info.name, record.namespace, info.kind.rawValue, info.parent,
                StoredLabels.text(info.labels), info.created.nanoseconds, info.updated.nanoseconds, record.usage.bytes,
                record.usage.inodes, info.synced,
            ])
        // The driver has it now, whatever an earlier one of this name was waiting for.
        try run("DELETE FROM removal WHERE driver = ? AND key = ?", [record.driver, info.name])
        guard let parent = info.parent else { return }
        try addReferences(from: record.node, to: [.snapshot(driver: record.driver, key: parent)])
    }
}

extension SnapshotRecord {
    /// The columns that `init(row:)` reads.
    fileprivate static let select =
        "SELECT driver, key, namespace, kind, parent, labels, created, updated, bytes, inodes, synced FROM snapshot"

    fileprivate init(row: Row) throws {
        guard let kind = SnapshotInfo.Kind(rawValue: row[3]) else {
            throw GantryError(.dataLoss, "read snapshot '\(row[1] as String)': its kind is none that is known")
        }
        var info = SnapshotInfo(
            kind: kind, name: row[1], parent: row[4], labels: try StoredLabels.read(row[5]),
            created: Timestamp(nanoseconds: row[6]), synced: row[10])
        info.updated = Timestamp(nanoseconds: row[7])
        self.init(
            driver: row[0], namespace: row[2], info: info, usage: SnapshotUsage(bytes: row[8], inodes: row[9]))
    }
}
