package import GantryCore
package import GantryModel
import GantrySystem
import GantryWire
import Synchronization

/// Blobs as files, named by their digest; what is there is said by the rows of `Metadata`.
///
/// A file is renamed into place inside the transaction that writes its row, after it was synced; it is renamed into
/// the trash inside the transaction that deletes it. So a row always has its file, and a file without a row is what a
/// crash left between the two: the sweep at the start takes it away.
package final class DiskContentStore: ContentStore {
    let layout: StoreLayout
    let metadata: Metadata
    /// Refs that a writer has.
    private let writers = Mutex<Set<String>>([])

    /// Opens the store and sweeps what no row owns.
    package init(_ metadata: Metadata) throws {
        layout = metadata.layout
        self.metadata = metadata
        if !metadata.isFresh { try sweep() }
    }

    package func info(_ digest: Digest) throws -> BlobInfo {
        guard let info = try metadata.blob(digest) else { throw noBlob(digest, "look up") }
        return info
    }

    package func walk(_ filter: LabelFilter, _ body: (BlobInfo) throws -> Void) throws {
        var last = ""
        while true {
            let page = try metadata.blobs(after: last, limit: 256)
            for info in page where filter.matches(info.labels) { try body(info) }
            guard let end = page.last, page.count == 256 else { return }
            last = end.digest.description
        }
    }

    package func reader(_ digest: Digest) throws -> BlobReader {
        let info = try info(digest)
        do throws(Errno) {
            let file = try File.open(layout.blob(digest))
            let size = try FileStatus.of(descriptor: file.raw).size
            guard size == info.size else { throw .io }
            return BlobReader(digest: digest, size: size, file: file)
        } catch .noEntry {
            // Deleted between look-up and opening, or lost; the row tells which.
            guard try metadata.blob(digest) != nil else { throw noBlob(digest, "open") }
            throw GantryError(.dataLoss, "open blob '\(digest)': its file is gone")
        } catch .io {
            throw GantryError(
                .dataLoss, "open blob '\(digest)': its file has not the \(info.size) bytes it should have")
        } catch {
            throw GantryError("open blob '\(digest)'", error)
        }
    }

    package func writer(_ ref: String, _ expected: BlobExpectation, lease: LeaseKey?) throws -> any BlobWriter {
        guard !ref.isEmpty, ref.utf8.count <= 1024, !ref.utf8.contains(0) else {
            throw GantryError(.invalidArgument, "write blob '\(ref)': a ref has 1 to 1024 bytes")
        }
        guard writers.withLock({ $0.insert(ref).inserted }) else {
            throw GantryError(.unavailable, "write blob '\(ref)': another writer has this ref")
        }
        do {
            if let digest = expected.digest, try metadata.holdBlob(digest, lease: lease) {
                Ingest(ref, layout).remove()
                throw GantryError(.alreadyExists, "write blob '\(ref)': blob '\(digest)' is there already")
            }
            return try DiskBlobWriter(Ingest(ref, layout), expected, lease: lease, store: self)
        } catch {
            release(ref)
            throw error
        }
    }

    package func status(_ ref: String) throws -> IngestStatus {
        guard let status = Ingest(ref, layout).status else { throw noIngest(ref, "look up") }
        return status
    }

    package func statuses() throws -> [IngestStatus] {
        let entries = try describing("list ingests") { () throws(Errno) in try Directory.list(layout.ingests) }
        return entries.compactMap { Ingest.read("\(layout.ingests)/\($0.name)") }.sorted { $0.ref < $1.ref }
    }

    package func abort(_ ref: String) throws {
        guard writers.withLock({ $0.insert(ref).inserted }) else {
            throw GantryError(.failedPrecondition, "abort ingest '\(ref)': a writer has it")
        }
        defer { release(ref) }
        let ingest = Ingest(ref, layout)
        guard ingest.status != nil else { throw noIngest(ref, "abort") }
        try describing("abort ingest '\(ref)'") { () throws(Errno) in try Directory.removeTree(ingest.directory) }
    }

    package func update(_ digest: Digest, labels: LabelChanges) throws -> BlobInfo {
        try metadata.updateBlob(digest, labels: labels)
    }

    package func delete(_ digest: Digest) throws {
        try metadata.write("delete blob '\(digest)'") { transaction in
            guard try transaction.exists(.blob(digest)) else { throw noBlob(digest, "delete") }
            try transaction.removeBlob(digest, layout: layout)
        }
    }

    /// Gives a ref up; its writer is closed.
    func release(_ ref: String) { writers.withLock { _ = $0.remove(ref) } }

    private func noBlob(_ digest: Digest, _ verb: String) -> GantryError {
        GantryError(.notFound, "\(verb) blob '\(digest)': no such blob")
    }

    private func noIngest(_ ref: String, _ verb: String) -> GantryError {
        GantryError(.notFound, "\(verb) ingest '\(ref)': there is none")
    }
}
