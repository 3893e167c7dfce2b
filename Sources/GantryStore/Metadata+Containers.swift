import GRDB
package import GantryCore
package import GantryModel
import GantryWire
import Synchronization

extension Metadata {
    package func container(namespace: String, id: ContainerID) throws -> ContainerRecord {
        guard let record = containerTable.withLock({ $0[id] }), record.namespace == namespace else {
            throw GantryError(.notFound, "read container '\(id.short)': no such container")
        }
        return record
    }

    package func findContainer(namespace: String, _ text: String) throws -> ContainerRecord {
        let (record, isAmbiguous) = containerTable.withLock { table -> (ContainerRecord?, Bool) in
            if let id = try? ContainerID(text), let record = table[id], record.namespace == namespace {
                return (record, false)
            }
            if let id = table.id(namespace: namespace, name: text) { return (table[id], false) }
            guard ContainerID.isPrefix(text) else { return (nil, false) }
            let ids = table.ids(namespace: namespace, prefix: text)
            return (ids.count == 1 ? ids.first.flatMap { table[$0] } : nil, ids.count > 1)
        }
        if isAmbiguous {
            throw GantryError(.invalidArgument, "find container '\(text)': several containers have ids that begin so")
        }
        guard let record else { throw GantryError(.notFound, "find container '\(text)': no such container") }
        return record
    }

    package func containers(namespace: String) -> [ContainerRecord] {
        containerTable.withLock { $0.list(namespace: namespace) }
    }

    package func allContainers() -> [ContainerRecord] { containerTable.withLock { $0.all } }

    package func spec(_ id: ContainerID) throws -> [UInt8] {
        let rows = try read("read the specification of container '\(id.short)'") { reader in
            try reader.rows("SELECT spec FROM container WHERE id = ?", [id.text])
        }
        guard let row = rows.first else { throw missing(id, "read the specification of") }
        return Array((row[0] as String).utf8)
    }

    func missing(_ id: ContainerID, _ verb: String) -> GantryError {
        GantryError(.notFound, "\(verb) container '\(id.short)': no such container")
    }

    func loadContainers(_ reader: Transaction) throws {
        let rows = try reader.rows(
            """
            SELECT c.id, c.record, s.status FROM container c LEFT JOIN container_status s ON s.id = c.id
            ORDER BY c.rowid
            """)
        for row in rows {
            do {
                var record = try ContainerRecord(json: StoredJSON.read(row[1]))
                if let status = row[2] as String? { record.status = try ContainerStatus(json: StoredJSON.read(status)) }
                let loaded = record
                containerTable.withLock { $0.insert(loaded) }
            } catch {
                throw GantryError(.dataLoss, "read stored container '\(row[0] as String)': \(error.message)")
            }
        }
    }
}
