import GantryCore
import GantryModel
import GantrySystem
import GantryWire
import Synchronization

/// A snapshotter that keeps each snapshot in a numbered directory of its own; `Driver` says what lies in it.
///
/// The directories are the truth (`SnapshotDisk`), the index in memory answers every question, and no lock is held
/// while the disk works.
final class DirectorySnapshotter<Driver: SnapshotDriver>: Snapshotter {
    let disk: SnapshotDisk
    let sweeper: Sweeper
    let boot = Processes.bootID()
    let index: Mutex<SnapshotIndex>
    let isClosed = Atomic(false)
    /// Trees that a failed commit left sealed, since the disk was too full to unseal them.
    private let sealed = Mutex<Set<UInt64>>([])

    var capabilities: SnapshotterCapabilities { Driver.capabilities }

    /// Opens or makes the driver's directory, reads what it holds, and begins to free what was removed.
    init(root: String) throws(GantryError) {
        disk = try SnapshotDisk(root: root) { (name, trash) throws(Errno) in try Driver.free(name, at: trash) }
        sweeper = Sweeper(disk)
        if case .skipped(let reason) = Driver.probe(root) {
            throw GantryError(.unavailable, "open snapshotter '\(Driver.name)': \(reason)")
        }
        let (records, lastID) = try disk.load()
        for record in records {
            // A kill in the middle of a commit. Whoever writes to what cannot be unsealed is told by the kernel.
            if record.info.kind == .active { try? Driver.unseal(record.id, on: disk) }
            // What cannot be freed takes space and does no harm.
            if record.info.kind == .committed { try? Driver.settle(record.id, on: disk) }
        }
        var index = SnapshotIndex()
        index.load(records, lastID: lastID)
        self.index = Mutex(index)
        sweeper.wake()
    }

    func checkOpen(_ operation: String, _ key: String) throws(GantryError) {
        if isClosed.load(ordering: .relaxed) {
            throw GantryError(.unavailable, "\(operation) '\(key)': the snapshotter is closed")
        }
    }

    var now: Timestamp { Timestamp(nanoseconds: Clock.realtime) }

    // MARK: questions

    func stat(_ key: String) throws -> SnapshotInfo {
        try checkOpen("stat snapshot", key)
        return try index.withLock { try $0.record("stat snapshot", key) }.info
    }

    func mounts(_ key: String) throws -> [Mount] {
        try checkOpen("mount snapshot", key)
        let (record, chain) = try index.withLock { index in
            let record = try index.record("mount snapshot", key)
            return (record, try index.chain(from: record.info.parent))
        }
        guard record.info.kind != .committed else {
            throw GantryError(.failedPrecondition, "mount snapshot '\(key)': it is committed; make a view of it")
        }
        try unsealAgain(record)
        do throws(Errno) {
            return try Driver.mounts(record.id, chain: chain, kind: record.info.kind, on: disk)
        } catch { throw GantryError(error, "mount snapshot '\(key)'") }
    }

    func usage(_ key: String) throws -> SnapshotUsage {
        try checkOpen("measure snapshot", key)
        let record = try index.withLock { try $0.record("measure snapshot", key) }
        return try record.usage ?? measure(record)
    }

    func measure(_ record: SnapshotRecord) throws(GantryError) -> SnapshotUsage {
        let chain = try index.withLock { (index) throws(GantryError) in try index.chain(from: record.info.parent) }
        do throws(Errno) {
            return try withScratch { (scratch) throws(Errno) in
                try Driver.measure(record.id, chain: chain, kind: record.info.kind, scratch: scratch, on: disk)
            }
        } catch { throw GantryError(error, "measure snapshot '\(record.info.name)' in '\(disk.tree(record.id))'") }
    }

    func changes(_ key: String) throws -> [TreeChange]? {
        try checkOpen("compare snapshot", key)
        let (record, chain) = try index.withLock { index in
            let record = try index.record("compare snapshot", key)
            return (record, try index.chain(from: record.info.parent))
        }
        // A view has none, whatever it stands on.
        if record.info.kind == .view { return [] }
        do throws(Errno) {
            return try withScratch { (scratch) throws(Errno) in
                try Driver.changes(record.id, chain: chain, scratch: scratch, on: disk)
            }
        } catch { throw GantryError(error, "compare snapshot '\(key)' with its parent") }
    }

    /// Calls `body` with what gives the number of a directory that it may make, and discards that.
    private func withScratch<Result>(_ body: (() -> UInt64) throws(Errno) -> Result) throws(Errno) -> Result {
        var taken: UInt64?
        defer {
            if let taken {
                try? disk.discard(taken)
                sweeper.wake()
            }
        }
        return try body {
            let number = taken ?? index.withLock { $0.takeNumber() }
            taken = number
            return number
        }
    }

    func walk(_ filter: SnapshotFilter, _ body: (SnapshotInfo) throws -> Void) throws {
        try checkOpen("walk snapshots", Driver.name)
        for record in index.withLock({ $0.records }) where filter.matches(record.info) { try body(record.info) }
    }

    func layerTarget(_ key: String) throws -> LayerTarget? {
        try checkOpen("write into snapshot", key)
        let (record, chain) = try index.withLock { index in
            let record = try index.record("write into snapshot", key)
            return (record, try index.chain(from: record.info.parent))
        }
        guard record.info.kind == .active else {
            throw GantryError(
                .failedPrecondition, "write into snapshot '\(key)': it is \(record.info.kind.rawValue)")
        }
        try unsealAgain(record)
        do throws(Errno) { return try Driver.target(record.id, chain: chain, on: disk) } catch {
            throw GantryError(error, "write into snapshot '\(key)'")
        }
    }

    /// Undoes the sealing of a commit that failed; what cannot be undone now is tried again when somebody wants to write.
    func unseal(_ id: UInt64) {
        do throws(Errno) { try Driver.unseal(id, on: disk) } catch { _ = sealed.withLock { $0.insert(id) } }
    }

    private func unsealAgain(_ record: SnapshotRecord) throws(GantryError) {
        guard sealed.withLock({ $0.contains(record.id) }) else { return }
        do throws(Errno) { try Driver.unseal(record.id, on: disk) } catch {
            throw GantryError(error, "make snapshot '\(record.info.name)' writable after its commit failed")
        }
        _ = sealed.withLock { $0.remove(record.id) }
    }

    func unsynced() -> [String] {
        index.withLock { index in
            // Lowest layer first: a parent has fewer below it than its children.
            index.records.filter { $0.isDamaged(since: boot) }
                .map { (name: $0.info.name, depth: (try? index.chain(from: $0.info.parent))?.count ?? 0) }
                .sorted { ($0.depth, $0.name) < ($1.depth, $1.name) }
                .map(\.name)
        }
    }
}
