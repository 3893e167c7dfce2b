import GRDB
package import GantryCore
package import GantryModel
import GantryWire
import Synchronization

extension Metadata {
    @discardableResult
    package func moveContainer(
        _ id: ContainerID, from driver: String, to snapshot: SnapshotRecord, events: [EventDraft]
    ) throws -> ContainerRecord {
        let operation = "move container '\(id.short)'"
        let (record, spec) = try write(operation) { transaction in
            guard var record = containerTable.withLock({ $0[id] }) else { throw missing(id, "move") }
            guard record.snapshotter == driver, record.snapshotKey == snapshot.info.name else {
                throw GantryError(.aborted, "\(operation): its snapshot is not the one of '\(driver)' any more")
            }
            let old = Node.snapshot(driver: driver, key: record.snapshotKey)
            record.snapshotter = snapshot.driver
            try transaction.run("UPDATE container SET record = ? WHERE id = ?", [record.fixed.text, id.text])
            try transaction.putSnapshot(snapshot)
            try transaction.addReferences(from: .container(id), to: [snapshot.node])
            try transaction.removeReference(from: .container(id), to: old)
            try append(events, namespace: record.namespace, transaction)
            transaction.afterCommit { [self] in containerTable.withLock { $0.setSnapshotter(id, snapshot.driver) } }
            return (record, try transaction.rows("SELECT spec FROM container WHERE id = ?", [id.text]))
        }
        if let text = spec.first?[0] as String? { try writeContainerFile(record, spec: Array(text.utf8)) }
        return record
    }
}
