import GantryCore
import GantryModel
import GantrySystem
import GantryWire
import Synchronization

/// The directory of a driver: one numbered directory a snapshot, which describes itself.
///
///     <root>/17/fs               the tree
///     <root>/17/…                what else the driver needs (overlayfs: work)
///     <root>/17/snapshot.json    written last: without it the directory is a draft, and boot sweeps it
///     <root>/trash/17            removed; its space is freed later
///
/// Names are short because all of them must fit into one page of mount options.
struct SnapshotDisk: Sendable {
    let root: String
    private let descriptor: SharedDescriptor
    private let stamps = Stamps()
    /// How a directory in the trash goes, with what only its driver knows of.
    private let free: @Sendable (RawPath, Int32) throws(Errno) -> Void

    init(
        root: String, free: @escaping @Sendable (RawPath, Int32) throws(Errno) -> Void
    ) throws(GantryError) {
        self.root = root
        self.free = free
        do throws(Errno) {
            try Path.makeDirectories(root, mode: 0o700)
            descriptor = SharedDescriptor(try File.open(root, .directory))
            do throws(Errno) { try Path.makeDirectory("trash", mode: 0o700, at: descriptor.raw) } catch .exists {}
        } catch {
            throw GantryError(error, "open snapshot directory '\(root)'")
        }
    }

    var handle: Int32 { descriptor.raw }

    func tree(_ id: UInt64) -> String { "\(root)/\(id)/fs" }

    /// Everything that describes itself; drafts and what cannot be read go to the trash. Also the highest number seen.
    func load() throws(GantryError) -> (records: [SnapshotRecord], lastID: UInt64) {
        var records: [SnapshotRecord] = []
        var lastID: UInt64 = 0
        let names: [Directory.Entry]
        do throws(Errno) {
            names = try Directory.list(descriptor: handle) + Directory.list("trash", at: handle)
        } catch { throw GantryError(error, "read snapshot directory '\(root)'") }
        for entry in names {
            guard let id = UInt64(entry.name) else { continue }
            lastID = max(lastID, id)
            guard Path.exists(entry.name, at: handle) else { continue }
            do throws(GantryError) {
                let record = try SnapshotRecord(id: id, sidecar: sidecar(id))
                stamps.raise(to: record.stamp)
                records.append(record)
            } catch {
                if error.code == .failedPrecondition { throw error }
                try discard(id)
            }
        }
        return (orderly(records), lastID)
    }

    /// Leaves out what a crash can have left: two directories of one name, since a removal is on the disk some time after it
    /// was answered. The one that was written later wins.
    private func orderly(_ records: [SnapshotRecord]) -> [SnapshotRecord] {
        var byName: [String: SnapshotRecord] = [:]
        for record in records {
            guard let other = byName[record.info.name] else {
                byName[record.info.name] = record
                continue
            }
            let isNewer = (other.stamp, other.id) < (record.stamp, record.id)
            let (older, newer) = isNewer ? (other, record) : (record, other)
            byName[record.info.name] = newer
            try? discard(older.id)
        }
        return Array(byName.values)
    }

    private func sidecar(_ id: UInt64) throws(GantryError) -> [UInt8] {
        do throws(Errno) { return try File.contents("\(id)/snapshot.json", at: handle, limit: 16 << 20) } catch {
            throw GantryError(.dataLoss, "read snapshot '\(id)': \(error.reason)")
        }
    }

    /// Makes the directory of a new snapshot.
    func create(_ id: UInt64) throws(Errno) { try Path.makeDirectory("\(id)", mode: 0o700, at: handle) }

    /// Writes the sidecar of a new snapshot: from now on it exists.
    ///
    /// One fsync(2) makes it durable: that of a new file takes the directories made before it along, on ext4, xfs
    /// and btrfs alike, and a file cut short is no JSON, so that no rename is needed.
    func publish(_ record: SnapshotRecord) throws(Errno) {
        let file = try File.open(
            "\(record.id)/snapshot.json", [.write, .create, .exclusive], mode: 0o600, at: handle)
        try File.write(file.raw, Sidecar.file(encode(record), revision: record.revision))
        try File.fsync(file.raw)
    }

    /// Writes a snapshot's next record, whose revision is one higher, into its sidecar.
    func rewrite(_ record: SnapshotRecord) throws(Errno) {
        let path = "\(record.id)/snapshot.json"
        let bytes = encode(record)
        let file = try File.open(path, .write, at: handle)
        guard let half = Sidecar.encode(bytes), try File.seek(file.raw, 0, .end) == Int64(Sidecar.size) else {
            let whole = Sidecar.file(bytes, revision: record.revision)
            return try File.replace(path, with: whole, mode: 0o600, sync: true, at: handle)
        }
        do throws(Errno) {
            try write(half, record.revision, file.raw)
            try File.fdatasync(file.raw)
        } catch {
            undoRewrite(record, file.raw)
            throw error
        }
    }

    /// Makes the record before this one the latest again, if the disk takes writes at all.
    private func undoRewrite(_ record: SnapshotRecord, _ raw: Int32) {
        try? write([UInt8](repeating: UInt8(ascii: " "), count: Sidecar.half), record.revision, raw)
        try? File.fdatasync(raw)
    }

    private func encode(_ record: SnapshotRecord) -> [UInt8] {
        var record = record
        record.stamp = stamps.next()
        return record.encoded()
    }

    private func write(_ half: [UInt8], _ revision: Int64, _ raw: Int32) throws(Errno) {
        try half.span.withUnsafeBytes { (bytes) throws(Errno) in
            try File.write(raw, bytes, at: Sidecar.offset(revision))
        }
    }

    /// Moves a directory into the trash: one rename(2), whatever it holds.
    func discard(_ id: UInt64) throws(GantryError) {
        do throws(Errno) {
            try Path.rename("\(id)", to: "trash/\(id)", from: handle, into: handle)
        } catch .noEntry {
        } catch { throw GantryError(error, "remove snapshot directory '\(root)/\(id)'") }
    }

    /// Frees the space of one directory in the trash; false when there is none. One that cannot be freed now does not keep
    /// the others.
    /// - Throws: when none of those that are there can be freed, why the first cannot.
    func emptyTrash() throws(Errno) -> Bool {
        let trash = try File.open("trash", .directory, at: handle)
        var failure: Errno?
        for entry in try RawDirectory.list(descriptor: trash.raw) {
            do throws(Errno) {
                try free(entry.name, trash.raw)
                return true
            } catch .noEntry {
                // Somebody else frees it at the same time.
                continue
            } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
        return false
    }

    func syncFilesystem() throws(Errno) { try File.syncFilesystem(handle) }
}

/// Numbers that grow, over all starts.
private final class Stamps: Sendable {
    private let last = Atomic<Int64>(0)

    func next() -> Int64 { last.add(1, ordering: .relaxed).newValue }
    func raise(to stamp: Int64) { last.max(stamp, ordering: .relaxed) }
}

extension GantryError {
    /// A refusal of the kernel: a full disk is `.resourceExhausted`, everything else `.internal`.
    init(_ errno: Errno, _ operation: String) {
        switch errno {
        case .noSpace: self.init(.resourceExhausted, "\(operation): no space left on the device")
        case .quota: self.init(.resourceExhausted, "\(operation): disk quota exceeded")
        default: self.init(.internal, "\(operation): \(errno.reason)")
        }
    }
}
