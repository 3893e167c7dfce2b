import GRDB
import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// The rows of blobs. Only `DiskContentStore` and the collector use them: a row never changes without its file.
extension Metadata {
    func blob(_ digest: Digest) throws -> BlobInfo? {
        try read("read blob '\(digest)'") { reader in
            try reader.rows(
                "SELECT digest, size, labels, created, updated FROM blob WHERE digest = ?", [digest.description])
        }.first.map(BlobInfo.init(row:))
    }

    /// The next blobs after a digest, ordered.
    func blobs(after digest: String, limit: Int) throws -> [BlobInfo] {
        try read("list blobs") { reader in
            try reader.rows(
                "SELECT digest, size, labels, created, updated FROM blob WHERE digest > ? ORDER BY digest LIMIT ?",
                [digest, limit])
        }.map(BlobInfo.init(row:))
    }

    /// Whether the blob is there; then the lease holds it when this returns.
    func holdBlob(_ digest: Digest, lease: LeaseKey?) throws -> Bool {
        guard let lease else { return try blob(digest) != nil }
        return try write("hold blob '\(digest)'") { transaction in
            guard try transaction.exists(.lease(lease)) else {
                throw GantryError(.notFound, "hold blob '\(digest)': there is no lease '\(lease.id)'")
            }
            guard try transaction.exists(.blob(digest)) else { return false }
            try transaction.addReferences(from: .lease(lease), to: [.blob(digest)])
            return true
        }
    }

    /// Commits a blob: `publish` renames its file into place inside the transaction. `holders` that are gone are passed
    /// over, a `lease` that is gone is an error.
    /// - Returns: the blob; nil when it is there already, which the lease holds then.
    func commitBlob(
        _ digest: Digest, size: Int64, labels: Labels, lease: LeaseKey?, holders: [LeaseKey] = [],
        publish: () throws -> Void
    ) throws -> BlobInfo? {
        try write("commit blob '\(digest)'") { transaction in
            let isThere = try transaction.exists(.blob(digest))
            if !isThere {
                try transaction.run(
                    "INSERT INTO blob (digest, size, labels, created, updated) VALUES (?, ?, ?, ?, ?)",
                    [
                        digest.description, size, StoredLabels.text(labels), transaction.now.nanoseconds,
                        transaction.now.nanoseconds,
                    ])
            }
            if let lease {
                guard try transaction.exists(.lease(lease)) else {
                    throw GantryError(.notFound, "commit blob '\(digest)': the lease '\(lease.id)' is gone")
                }
                try transaction.addReferences(from: .lease(lease), to: [.blob(digest)])
            }
            for holder in holders where try transaction.exists(.lease(holder)) {
                try transaction.addReferences(from: .lease(holder), to: [.blob(digest)])
            }
            guard !isThere else { return nil }
            try publish()
            return BlobInfo(digest: digest, size: size, labels: labels, created: transaction.now)
        }
    }

    func updateBlob(_ digest: Digest, labels changes: LabelChanges) throws -> BlobInfo {
        try write("label blob '\(digest)'") { transaction in
            let rows = try transaction.rows(
                "SELECT digest, size, labels, created, updated FROM blob WHERE digest = ?", [digest.description])
            guard let row = rows.first else { throw GantryError(.notFound, "label blob '\(digest)': no such blob") }
            var info = try BlobInfo(row: row)
            info.labels = info.labels.applying(changes)
            info.updated = transaction.now
            try transaction.run(
                "UPDATE blob SET labels = ?, updated = ? WHERE digest = ?",
                [StoredLabels.text(info.labels), info.updated.nanoseconds, digest.description])
            return info
        }
    }
}

extension Transaction {
    /// Deletes a blob's row, takes its references back and moves its file to the trash.
    func removeBlob(_ digest: Digest, layout: StoreLayout) throws {
        let node = Node.blob(digest)
        try run("DELETE FROM blob WHERE digest = ?", [digest.description])
        // Whoever referred to it refers to nothing now; only a delete by hand leaves any.
        try run("DELETE FROM reference WHERE to_kind = ? AND to_key = ?", [node.kind.rawValue, node.key])
        try dropReferences(from: node)
        do throws(Errno) {
            try layout.discard(layout.blob(digest))
        } catch .noEntry {
            // Already gone: what was to be reached.
        } catch {
            throw GantryError("move blob '\(digest)' to the trash", error)
        }
    }
}

extension BlobInfo {
    /// A blob of a row of digest, size, labels, created, updated.
    init(row: Row) throws {
        self.init(
            digest: try Digest(row[0]), size: row[1], labels: try StoredLabels.read(row[2]),
            created: Timestamp(nanoseconds: row[3]), updated: Timestamp(nanoseconds: row[4]))
    }
}
