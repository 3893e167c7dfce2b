import GRDB
package import GantryCore
package import GantryModel
import GantryWire
import Synchronization

extension Metadata: NamespaceStore {
    package func namespaces() -> [NamespaceRecord] {
        namespaceTable.withLock { $0.values.sorted { $0.name < $1.name } }
    }

    package func putNamespace(_ name: String, labels: Labels) throws -> NamespaceRecord {
        try NamespaceRecord.validate(name)
        return try write("make namespace '\(name)'") { transaction in
            var record = NamespaceRecord(name: name, labels: labels, created: transaction.now)
            if let known = namespaceTable.withLock({ $0[name] }) { record.created = known.created }
            try transaction.run(
                """
                INSERT INTO namespace (name, labels, created) VALUES (?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET labels = excluded.labels
                """, [name, StoredLabels.text(labels), record.created.nanoseconds])
            let result = record
            transaction.afterCommit { [self] in namespaceTable.withLock { $0[name] = result } }
            return result
        }
    }

    package func deleteNamespace(_ name: String) throws {
        guard name != "default" else {
            throw GantryError(.failedPrecondition, "remove namespace 'default': it always stays")
        }
        try write("remove namespace '\(name)'") { transaction in
            guard isKnown(name) else { throw GantryError(.notFound, "remove namespace '\(name)': there is none") }
            for table in ["image", "container", "lease"]
            where try transaction.any("SELECT 1 FROM \(table) WHERE namespace = ?", [name]) {
                throw GantryError(.failedPrecondition, "remove namespace '\(name)': it still has a \(table)")
            }
            try transaction.run("DELETE FROM namespace WHERE name = ?", [name])
            transaction.afterCommit { [self] in _ = namespaceTable.withLock { $0.removeValue(forKey: name) } }
        }
    }

    func isKnown(_ namespace: String) -> Bool { namespaceTable.withLock { $0[namespace] != nil } }

    /// Makes the namespace of a change when it is new.
    func require(_ namespace: String, _ transaction: Transaction) throws {
        guard !isKnown(namespace) else { return }
        try NamespaceRecord.validate(namespace)
        let record = NamespaceRecord(name: namespace, created: transaction.now)
        try transaction.run(
            "INSERT OR IGNORE INTO namespace (name, labels, created) VALUES (?, '{}', ?)",
            [namespace, record.created.nanoseconds])
        transaction.afterCommit { [self] in namespaceTable.withLock { $0[namespace] = record } }
    }

    func loadNamespaces(_ reader: Transaction) throws {
        for row in try reader.rows("SELECT name, labels, created FROM namespace") {
            let record = NamespaceRecord(
                name: row[0], labels: try StoredLabels.read(row[1]), created: Timestamp(nanoseconds: row[2]))
            namespaceTable.withLock { $0[record.name] = record }
        }
    }
}
