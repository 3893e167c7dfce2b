import GRDB
import GantryCore
import GantryModel
import GantryWire

extension Transaction {
    /// Whether what the node names has a row.
    func exists(_ node: Node) throws -> Bool {
        switch node.kind {
        case .lease:
            let (namespace, id) = node.parts
            return try any("SELECT 1 FROM lease WHERE namespace = ? AND id = ?", [namespace, id])
        case .image:
            let (namespace, name) = node.parts
            return try any("SELECT 1 FROM image WHERE namespace = ? AND name = ?", [namespace, name])
        case .container: return try any("SELECT 1 FROM container WHERE id = ?", [node.key])
        case .blob: return try any("SELECT 1 FROM blob WHERE digest = ?", [node.key])
        case .snapshot:
            let (driver, key) = node.parts
            return try any("SELECT 1 FROM snapshot WHERE driver = ? AND key = ?", [driver, key])
        }
    }

    /// Records that `from` needs each of `to`.
    /// - Throws: `.notFound` when one of them is not there.
    func addReferences(from: Node, to targets: [Node]) throws {
        for target in targets {
            guard try exists(target) else {
                throw GantryError(.notFound, "refer from \(from) to \(target): it is not there")
            }
            try run(
                "INSERT OR IGNORE INTO reference (from_kind, from_key, to_kind, to_key) VALUES (?, ?, ?, ?)",
                [from.kind.rawValue, from.key, target.kind.rawValue, target.key])
        }
    }

    /// Takes one reference back; the target becomes a candidate when it was the last.
    func removeReference(from: Node, to target: Node) throws {
        try deleteReference(from: from, to: target)
        try enqueueUnlessReferenced(target)
    }

    /// The same for a target that is going itself.
    func deleteReference(from: Node, to target: Node) throws {
        try run(
            "DELETE FROM reference WHERE from_kind = ? AND from_key = ? AND to_kind = ? AND to_key = ?",
            [from.kind.rawValue, from.key, target.kind.rawValue, target.key])
    }

    /// Takes back every reference of something that is going.
    func dropReferences(from: Node) throws {
        for target in try references(from: from) { try removeReference(from: from, to: target) }
    }

    /// What `from` needs.
    func references(from: Node) throws -> [Node] {
        try rows(
            "SELECT to_kind, to_key FROM reference WHERE from_kind = ? AND from_key = ? ORDER BY to_kind, to_key",
            [from.kind.rawValue, from.key]
        ).compactMap(Node.init(row:))
    }

    /// What needs `target`.
    func references(to target: Node) throws -> [Node] {
        try rows(
            "SELECT from_kind, from_key FROM reference WHERE to_kind = ? AND to_key = ? ORDER BY from_kind, from_key",
            [target.kind.rawValue, target.key]
        ).compactMap(Node.init(row:))
    }

    /// Whether anything needs `target`.
    func isReferenced(_ target: Node) throws -> Bool {
        try any("SELECT 1 FROM reference WHERE to_kind = ? AND to_key = ?", [target.kind.rawValue, target.key])
    }

    private func enqueueUnlessReferenced(_ node: Node) throws {
        guard node.kind.isCollected, try !isReferenced(node) else { return }
        try run("INSERT OR IGNORE INTO candidate (kind, key) VALUES (?, ?)", [node.kind.rawValue, node.key])
        isCollectable = true
    }
}

extension Node {
    /// A node of the first two columns; nil for a kind that a newer Gantry knows.
    init?(row: Row) {
        guard let kind = Kind(rawValue: row[0]) else { return nil }
        self.init(kind: kind, key: row[1])
    }
}
