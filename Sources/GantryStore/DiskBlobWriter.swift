import GantryCore
import GantryHost
import GantryModel
import GantrySystem
import GantryWire
import Synchronization

/// Fills one ingest: every byte goes to the file and through the hash function on its way.
final class DiskBlobWriter: BlobWriter {
    /// What there is while the writer is open.
    private struct State: ~Copyable {
        var status: IngestStatus
        var file: OwnedDescriptor?
        var hasher: DigestHasher?
        /// Bytes whose write-back was begun.
        var flushed: Int64
        /// Bytes that a power cut leaves, once the sync that was begun for them has ended.
        var synced: Int64
    }

    /// The kernel is told to write back after so many bytes, so that the sync at commit has little left to do.
    private static let flushStep: Int64 = 8 << 20
    /// A power cut costs an ingest little more than its last so many bytes.
    private static let syncStep: Int64 = 64 << 20

    private let state: Mutex<State>
    private let ingest: Ingest
    private let lease: LeaseKey?
    private let store: DiskContentStore

    /// Begins the ingest or takes it up; in that case its bytes are read once to hash them. The caller holds the ref.
    init(_ ingest: Ingest, _ expected: BlobExpectation, lease: LeaseKey?, store: DiskContentStore) throws {
        self.ingest = ingest
        self.lease = lease
        self.store = store
        var status = try Self.begin(ingest, expected)
        do throws(Errno) {
            let file = try File.open(ingest.data, [.readWrite, .create], mode: 0o600)
            var hasher = DigestHasher(.init(status.expected?.algorithm ?? .sha256))
            status.offset = try Self.rehash(file.raw, &hasher)
            state = Mutex(
                State(status: status, file: file, hasher: hasher, flushed: status.offset, synced: status.offset))
        } catch {
            throw GantryError("open ingest '\(ingest.ref)'", error)
        }
    }

    deinit { close() }

    private static func begin(_ ingest: Ingest, _ expected: BlobExpectation) throws -> IngestStatus {
        if let status = ingest.status {
            for (name, told, new) in [
                ("digest", status.expected?.description, expected.digest?.description),
                ("size", status.total?.description, expected.size?.description),
            ] {
                guard let told, let new, told != new else { continue }
                throw GantryError(
                    .failedPrecondition,
                    "write blob '\(ingest.ref)': the ingest was begun with \(name) '\(told)', not '\(new)'")
            }
            let known = status.expected != nil || expected.digest == nil
            if known && (status.total != nil || expected.size == nil) { return status }
        }
        // New, or unreadable, or knowing less than this writer does: bytes stay, the promise is written anew.
        let old = ingest.status
        let started = old?.started ?? Timestamp(nanoseconds: Clock.realtime)
        let expected = BlobExpectation(digest: expected.digest ?? old?.expected, size: expected.size ?? old?.total)
        try describing("begin ingest '\(ingest.ref)'") { () throws(Errno) in
            try ingest.create(expected, started: started)
        }
        return IngestStatus(
            ref: ingest.ref, offset: 0, total: expected.size, expected: expected.digest, started: started,
            updated: started)
    }

    /// Hashes what is there and leaves the descriptor at the end.
    private static func rehash(_ file: Int32, _ hasher: inout DigestHasher) throws(Errno) -> Int64 {
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        var total: Int64 = 0
        while true {
            let count = try File.readChunk(file, &chunk)
            if count == 0 { return total }
            chunk.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            total += Int64(count)
        }
    }

    var status: IngestStatus { state.withLock { $0.status } }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard !bytes.isEmpty else { return }
        try state.withLock { state throws(GantryError) in
            guard let file = state.file?.raw else { throw closed() }
            let end = state.status.offset + Int64(bytes.count)
            if let total = state.status.total, end > total {
                throw GantryError(
                    .failedPrecondition, "write blob '\(ingest.ref)': more than the \(total) bytes that were expected")
            }
            do throws(Errno) {
                try File.write(file, bytes, at: state.status.offset)
            } catch {
                throw GantryError("write blob '\(ingest.ref)'", error)
            }
            state.hasher?.update(bytes)
            state.status.offset = end
            state.status.updated = Timestamp(nanoseconds: Clock.realtime)
            if end - state.flushed >= Self.flushStep {
                try? File.startWriteback(file, from: state.flushed, count: end - state.flushed)
                state.flushed = end
            }
            if end - state.synced >= Self.syncStep {
                if let copy = try? state.file?.duplicate() { Self.syncLater(copy) }
                state.synced = end
            }
        }
    }

    /// Syncs what is there on a thread of its own: the disk must not keep the network waiting. Best effort.
    private static func syncLater(_ file: consuming OwnedDescriptor) {
        let shared = SharedDescriptor(file)
        try? Threads.start("ingest-sync") { try? File.fdatasync(shared.raw) }
    }

    func truncate() throws {
        try state.withLock { state throws(GantryError) in
            guard let file = state.file?.raw else { throw closed() }
            do throws(Errno) {
                try File.truncate(file, to: 0)
            } catch {
                throw GantryError("truncate ingest '\(ingest.ref)'", error)
            }
            state.hasher = DigestHasher(.init(state.status.expected?.algorithm ?? .sha256))
            state.status.offset = 0
            state.flushed = 0
            state.synced = 0
        }
    }

    func follow() throws -> BlobReader {
        let (isOpen, status) = state.withLock { ($0.file != nil, $0.status) }
        guard isOpen, let digest = status.expected else { throw closed() }
        return try describing("follow ingest '\(ingest.ref)'") { () throws(Errno) in
            BlobReader(digest: digest, size: status.total ?? .max, file: try File.open(ingest.data))
        }
    }

    func commit(labels: Labels, holders: [LeaseKey]) throws -> BlobInfo {
        try state.withLock { state in
            guard let file = state.file.take(), let hasher = state.hasher.take() else { throw closed() }
            defer { store.release(ingest.ref) }
            let status = state.status
            let digest = Digest(status.expected?.algorithm ?? .sha256, finishing: hasher)
            do {
                try verify(digest, status)
            } catch {
                ingest.remove()
                throw error
            }
            try describing("sync blob '\(digest)'") { () throws(Errno) in try File.fsync(file.raw) }
            let info = try record(digest, size: status.offset, labels: labels, holders)
            ingest.remove()
            guard let info else {
                throw GantryError(.alreadyExists, "commit blob '\(ingest.ref)': blob '\(digest)' is there already")
            }
            return info
        }
    }

    private func verify(_ digest: Digest, _ status: IngestStatus) throws(GantryError) {
        if let total = status.total, total != status.offset {
            throw GantryError(
                .failedPrecondition,
                "commit blob '\(ingest.ref)': \(status.offset) bytes came where \(total) were expected"
                    + " (expected '\(status.expected?.description ?? "any digest")', got '\(digest)')")
        }
        if let expected = status.expected, expected != digest {
            throw GantryError(.dataLoss, "commit blob '\(ingest.ref)': expected '\(expected)', got '\(digest)'")
        }
    }

    private func record(
        _ digest: Digest, size: Int64, labels: Labels, _ holders: [LeaseKey]
    ) throws -> BlobInfo? {
        let path = store.layout.blob(digest)
        var isRenamed = false
        do {
            return try store.metadata.commitBlob(
                digest, size: size, labels: labels, lease: lease, holders: holders
            ) {
                try describing("publish blob '\(digest)'") { () throws(Errno) in
                    try Path.rename(ingest.data, to: path)
                    isRenamed = true
                    try File.syncDirectory(of: path)
                }
            }
        } catch {
            // The row is not there, so the bytes are still an ingest.
            if isRenamed { try? Path.rename(path, to: ingest.data) }
            throw error
        }
    }

    func close() {
        let wasOpen = state.withLock { state in
            state.hasher = nil
            return state.file.take() != nil
        }
        if wasOpen { store.release(ingest.ref) }
    }

    private func closed() -> GantryError {
        GantryError(.failedPrecondition, "write blob '\(ingest.ref)': the writer is closed")
    }
}
