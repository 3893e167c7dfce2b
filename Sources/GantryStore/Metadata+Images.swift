import GRDB
package import GantryCore
package import GantryModel
import GantryWire
import Synchronization

extension Metadata: ImageStore {
    package func image(namespace: String, name: String) throws -> ImageRecord {
        guard let record = imageTable.withLock({ $0[namespace, name] }) else { throw noImage(name, "find") }
        return record
    }

    package func images(namespace: String) -> [ImageRecord] { imageTable.withLock { $0.list(namespace: namespace) } }

    package func putImage(
        namespace: String, name: String, target: Descriptor, labels: Labels, events: [EventDraft]
    ) throws -> ImageRecord {
        try NamespaceRecord.validate(namespace)
        guard try ImageRecord.isNormalised(name) else {
            throw GantryError(.invalidArgument, "name image '\(name)': the name is not normalised")
        }
        let node = Node.image(namespace: namespace, name: name)
        return try write("name image '\(name)'") { transaction in
            try require(namespace, transaction)
            let old = imageTable.withLock { $0[namespace, name] }
            let record = ImageRecord(
                namespace: namespace, name: name, target: target, labels: labels,
                created: old?.created ?? transaction.now, updated: transaction.now)
            try transaction.run(
                """
                INSERT INTO image (namespace, name, target, labels, created, updated) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (namespace, name) DO UPDATE SET
                  target = excluded.target, labels = excluded.labels, updated = excluded.updated
                """,
                [
                    namespace, name, target.json.text, StoredLabels.text(labels), record.created.nanoseconds,
                    record.updated.nanoseconds,
                ])
            // The new reference first: an unchanged target must not become a candidate in between.
            try transaction.addReferences(from: node, to: [.blob(target.digest)])
            if let old, old.target.digest != target.digest {
                try transaction.removeReference(from: node, to: .blob(old.target.digest))
            }
            try append(events, namespace: namespace, transaction)
            transaction.afterCommit { [self] in
                imageTable.withLock { $0[namespace, name] = record }
                ImageJournal(layout, namespace: namespace).append(.put(record))
            }
            return record
        }
    }

    package func deleteImage(namespace: String, name: String, events: [EventDraft]) throws -> ImageRecord {
        try write("remove image '\(name)'") { transaction in
            guard let record = imageTable.withLock({ $0[namespace, name] }) else { throw noImage(name, "remove") }
            try transaction.run("DELETE FROM image WHERE namespace = ? AND name = ?", [namespace, name])
            try transaction.dropReferences(from: .image(namespace: namespace, name: name))
            try append(events, namespace: namespace, transaction)
            transaction.afterCommit { [self] in
                imageTable.withLock { $0[namespace, name] = nil }
                ImageJournal(layout, namespace: namespace).append(.delete(name))
            }
            return record
        }
    }

    private func noImage(_ name: String, _ verb: String) -> GantryError {
        GantryError(.notFound, "\(verb) image '\(name)': no such image")
    }

    func loadImages(_ reader: Transaction) throws {
        for row in try reader.rows("SELECT namespace, name, target, labels, created, updated FROM image") {
            let record = ImageRecord(
                namespace: row[0], name: row[1], target: try Descriptor(json: StoredJSON.read(row[2])),
                labels: try StoredLabels.read(row[3]), created: Timestamp(nanoseconds: row[4]),
                updated: Timestamp(nanoseconds: row[5]))
            imageTable.withLock { $0[record.namespace, record.name] = record }
        }
    }

    /// Makes every journal tell what the rows say: a crash may have come between the commit and its line.
    ///
    /// Not when the database is new: then the journals are what it can be rebuilt from.
    func reconcileJournals() throws {
        guard !isFresh else { return }
        for namespace in namespaces() {
            try ImageJournal(layout, namespace: namespace.name).reconcile(images(namespace: namespace.name))
        }
    }
}
