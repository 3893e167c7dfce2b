import GRDB
package import GantryCore
package import GantryModel
import GantryWire
import Synchronization

extension Metadata: ContainerStore {
    package func createContainer(
        _ record: ContainerRecord, spec: [UInt8], snapshot: SnapshotRecord?, references: [Node], events: [EventDraft]
    ) throws {
        try ContainerName.validate(record.name)
        try NamespaceRecord.validate(record.namespace)
        // The file first: a container without its file could not be rebuilt, a file without its row is swept.
        try writeContainerFile(record, spec: spec)
        do {
            try write("create container '\(record.name)'") { transaction in
                try insert(record, spec: spec, snapshot: snapshot, references: references, transaction)
                try append(events, namespace: record.namespace, transaction)
            }
        } catch {
            // An id that was taken belongs to a container whose file this would be.
            if containerTable.withLock({ $0[record.id] }) == nil { removeContainerFiles(record) }
            throw error
        }
    }

    private func insert(
        _ record: ContainerRecord, spec: [UInt8], snapshot: SnapshotRecord?, references: [Node],
        _ transaction: Transaction
    ) throws {
        try checkFree(record.name, namespace: record.namespace, "create container")
        guard containerTable.withLock({ $0[record.id] }) == nil else {
            throw GantryError(.alreadyExists, "create container '\(record.name)': the id '\(record.id.short)' is taken")
        }
        try require(record.namespace, transaction)
        try transaction.run(
            "INSERT INTO container (id, namespace, name, record, spec) VALUES (?, ?, ?, ?, ?)",
            [
                record.id.text, record.namespace, record.name, record.fixed.text,
                String(decoding: spec, as: UTF8.self),
            ])
        try transaction.run(
            "INSERT INTO container_status (id, status) VALUES (?, ?)", [record.id.text, record.status.json.text])
        var needs = references
        if let snapshot {
            try transaction.putSnapshot(snapshot)
            needs.append(snapshot.node)
        }
        if let digest = record.imageDigest { needs.append(.blob(digest)) }
        try transaction.addReferences(from: .container(record.id), to: needs)
        transaction.afterCommit { [self] in containerTable.withLock { $0.insert(record) } }
    }

    @discardableResult
    package func setStatus(
        _ id: ContainerID, _ status: ContainerStatus, events: [EventDraft]
    ) throws -> ContainerRecord {
        try write("record the status of container '\(id.short)'") { transaction in
            guard var record = containerTable.withLock({ $0[id] }) else { throw missing(id, "record the status of") }
            try transaction.run("UPDATE container_status SET status = ? WHERE id = ?", [status.json.text, id.text])
            try append(events, namespace: record.namespace, transaction)
            record.status = status
            transaction.afterCommit { [self] in containerTable.withLock { $0.setStatus(id, status) } }
            return record
        }
    }

    package func setSpec(_ id: ContainerID, _ spec: [UInt8], events: [EventDraft]) throws {
        let record = try write("change the specification of container '\(id.short)'") { transaction in
            guard let record = containerTable.withLock({ $0[id] }) else { throw missing(id, "change") }
            try transaction.run(
                "UPDATE container SET spec = ? WHERE id = ?", [String(decoding: spec, as: UTF8.self), id.text])
            try append(events, namespace: record.namespace, transaction)
            return record
        }
        try writeContainerFile(record, spec: spec)
    }

    @discardableResult
    package func renameContainer(
        _ id: ContainerID, to name: String, events: [EventDraft]
    ) throws -> ContainerRecord {
        try ContainerName.validate(name)
        let (record, spec) = try write("rename container '\(id.short)'") { transaction in
            guard var record = containerTable.withLock({ $0[id] }) else { throw missing(id, "rename") }
            try checkFree(name, namespace: record.namespace, "rename container '\(id.short)' to")
            record.name = name
            try transaction.run(
                "UPDATE container SET name = ?, record = ? WHERE id = ?", [name, record.fixed.text, id.text])
            try append(events, namespace: record.namespace, transaction)
            transaction.afterCommit { [self] in containerTable.withLock { $0.rename(id, to: name) } }
            return (record, try transaction.rows("SELECT spec FROM container WHERE id = ?", [id.text]))
        }
        if let text = spec.first?[0] as String? { try writeContainerFile(record, spec: Array(text.utf8)) }
        return record
    }

    @discardableResult
    package func deleteContainer(_ id: ContainerID, events: [EventDraft]) throws -> ContainerRecord {
        let record = try write("remove container '\(id.short)'") { transaction in
            guard let record = containerTable.withLock({ $0[id] }) else { throw missing(id, "remove") }
            try transaction.run("DELETE FROM container WHERE id = ?", [id.text])
            try transaction.dropReferences(from: .container(id))
            try append(events, namespace: record.namespace, transaction)
            transaction.afterCommit { [self] in containerTable.withLock { $0.remove(id) } }
            return record
        }
        removeContainerFiles(record)
        return record
    }

    private func checkFree(_ name: String, namespace: String, _ operation: String) throws(GantryError) {
        guard let owner = containerTable.withLock({ $0.id(namespace: namespace, name: name) }) else { return }
        throw GantryError(.alreadyExists, "\(operation) '\(name)': container '\(owner.short)' has this name")
    }
}

extension ContainerRecord {
    /// The record without its status, which has a row of its own.
    var fixed: JSON {
        guard var object = json.object else { return json }
        object["status"] = nil
        return .object(object)
    }
}
