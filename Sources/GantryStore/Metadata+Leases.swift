import GRDB
package import GantryCore
package import GantryModel
import GantrySystem
import GantryWire

extension Metadata: LeaseStore {
    package func createLease(namespace: String, id: String?, labels: Labels, expires: Timestamp?) throws -> Lease {
        let id = id ?? Hex.encode(File.random(16))
        guard !id.isEmpty, id.utf8.count <= 256, !id.utf8.contains(0) else {
            throw GantryError(.invalidArgument, "make lease '\(id)': an id has 1 to 256 bytes")
        }
        let key = LeaseKey(namespace: namespace, id: id)
        return try write("make lease '\(id)'") { transaction in
            try require(namespace, transaction)
            guard try !transaction.exists(.lease(key)) else {
                throw GantryError(.alreadyExists, "make lease '\(id)': the id is taken")
            }
            try transaction.run(
                "INSERT INTO lease (namespace, id, labels, created, expires) VALUES (?, ?, ?, ?, ?)",
                [namespace, id, StoredLabels.text(labels), transaction.now.nanoseconds, expires?.nanoseconds])
            transaction.isCollectable = expires != nil
            return Lease(key: key, labels: labels, created: transaction.now, expires: expires)
        }
    }

    package func lease(_ key: LeaseKey) throws -> Lease {
        let rows = try read("read lease '\(key.id)'") { reader in
            try reader.rows(
                "SELECT namespace, id, labels, created, expires FROM lease WHERE namespace = ? AND id = ?",
                [key.namespace, key.id])
        }
        guard let row = rows.first else { throw missing(key, "read") }
        return try Lease(row: row)
    }

    package func leases(namespace: String) throws -> [Lease] {
        try read("list leases") { reader in
            try reader.rows(
                "SELECT namespace, id, labels, created, expires FROM lease WHERE namespace = ? ORDER BY id", [namespace]
            )
        }.map(Lease.init(row:))
    }

    package func deleteLease(_ key: LeaseKey) throws {
        try write("remove lease '\(key.id)'") { transaction in
            guard try transaction.exists(.lease(key)) else { throw missing(key, "remove") }
            try transaction.removeLease(key)
        }
    }

    package func addReferences(from: Node, to targets: [Node]) throws {
        try write("add references of \(from)") { transaction in
            guard try transaction.exists(from) else {
                throw GantryError(.notFound, "add references of \(from): it is not there")
            }
            try transaction.addReferences(from: from, to: targets)
        }
    }

    package func removeReferences(from: Node, to targets: [Node]) throws {
        try write("remove references of \(from)") { transaction in
            for target in targets { try transaction.removeReference(from: from, to: target) }
        }
    }

    package func references(from: Node) throws -> [Node] {
        try read("list references of \(from)") { try $0.references(from: from) }
    }

    package func references(to: Node) throws -> [Node] {
        try read("list references to \(to)") { try $0.references(to: to) }
    }

    private func missing(_ key: LeaseKey, _ verb: String) -> GantryError {
        GantryError(.notFound, "\(verb) lease '\(key.id)': there is none in namespace '\(key.namespace)'")
    }
}

extension Transaction {
    /// Ends a lease, which is there.
    func removeLease(_ key: LeaseKey) throws {
        try run("DELETE FROM lease WHERE namespace = ? AND id = ?", [key.namespace, key.id])
        try dropReferences(from: .lease(key))
    }
}

extension Lease {
    /// A lease of a row of namespace, id, labels, created, expires.
    fileprivate init(row: Row) throws {
        self.init(
            key: LeaseKey(namespace: row[0], id: row[1]), labels: try StoredLabels.read(row[2]),
            created: Timestamp(nanoseconds: row[3]), expires: (row[4] as Int64?).map(Timestamp.init(nanoseconds:)))
    }
}
