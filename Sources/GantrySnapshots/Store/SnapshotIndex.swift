import GantryCore
import GantryModel
import GantryWire

/// Which snapshots there are: a value without input or output, changed under its owner's lock.
///
/// A change that needs the disk takes two steps: `reserve…` or `hold` marks the names, so that no other call touches
/// them, and after the work `publish` or `release` ends it. Readers see only what was published.
///
///     absent ──reserve──▶ reserved ──publish──▶ ready ──hold──▶ held ──publish/release──▶ ready
///                             └──release──▶ absent     └──take──▶ absent
struct SnapshotIndex {
    private struct Entry {
        /// `nil` while it is being made.
        var record: SnapshotRecord?
        var isHeld: Bool
        var children = 0
    }

    private var entries: [String: Entry] = [:]
    private var nextID: UInt64 = 1

    var records: [SnapshotRecord] { entries.values.compactMap(\.record) }

    func record(_ operation: String, _ key: String) throws(GantryError) -> SnapshotRecord {
        guard let record = entries[key]?.record else {
            throw GantryError(.notFound, "\(operation) '\(key)': no such snapshot")
        }
        return record
    }

    /// Directory numbers of the chain that begins with `parent`, nearest first.
    ///
    /// - Throws: `.dataLoss` when a parent is gone: a tree without one of its layers must never be shown.
    func chain(from parent: String?) throws(GantryError) -> [UInt64] {
        var chain: [UInt64] = []
        var next = parent
        while let name = next {
            guard let record = entries[name]?.record else {
                throw GantryError(.dataLoss, "find parents of snapshot: '\(name)' is gone")
            }
            chain.append(record.id)
            next = record.info.parent
        }
        return chain
    }

    /// Takes in what the disk says at boot; children count once all are in.
    mutating func load(_ records: [SnapshotRecord], lastID: UInt64) {
        for record in records { entries[record.info.name] = Entry(record: record, isHeld: false) }
        for record in records {
            if let parent = record.info.parent { entries[parent]?.children += 1 }
        }
        nextID = lastID + 1
    }

    /// Keeps `key` for a snapshot to be made on `parent`, which cannot be removed from now on.
    mutating func reserve(
        _ operation: String, _ key: String, parent: String?
    ) throws(GantryError) -> (id: UInt64, chain: [UInt64]) {
        guard (1...1024).contains(key.utf8.count), !key.utf8.contains(0) else {
            throw GantryError(.invalidArgument, "\(operation) '\(key)': a key has 1 to 1024 bytes and no NUL")
        }
        guard entries[key] == nil else {
            throw GantryError(.alreadyExists, "\(operation) '\(key)': a snapshot of this name exists")
        }
        if let parent {
            guard let below = entries[parent]?.record else {
                throw GantryError(.notFound, "\(operation) '\(key)': no parent snapshot '\(parent)'")
            }
            guard below.info.kind == .committed else {
                throw GantryError(
                    .failedPrecondition,
                    "\(operation) '\(key)': parent '\(parent)' is \(below.info.kind.rawValue), not committed")
            }
        }
        let chain = try chain(from: parent)
        if let parent { entries[parent]?.children += 1 }
        entries[key] = Entry(record: nil, isHeld: true)
        return (takeNumber(), chain)
    }

    /// A number that no directory has.
    mutating func takeNumber() -> UInt64 {
        defer { nextID += 1 }
        return nextID
    }

    /// Ends a reservation without a snapshot.
    mutating func cancel(_ key: String, parent: String?) {
        entries[key] = nil
        if let parent { entries[parent]?.children -= 1 }
    }

    /// Keeps other changes away from a snapshot.
    mutating func hold(_ operation: String, _ key: String) throws(GantryError) -> SnapshotRecord {
        let record = try record(operation, key)
        if entries[key]?.isHeld == true {
            throw GantryError(.aborted, "\(operation) '\(key)': another call is changing it")
        }
        entries[key]?.isHeld = true
        return record
    }

    mutating func release(_ key: String) { entries[key]?.isHeld = false }

    /// Shows a record that was made or changed, and ends the reservation or the hold.
    mutating func publish(_ record: SnapshotRecord) {
        entries[record.info.name, default: Entry(record: nil, isHeld: true)].record = record
        entries[record.info.name]?.isHeld = false
    }

    /// Keeps `name` for a commit. Answers what it will replace, if that is damaged and may be.
    mutating func reserveName(
        _ name: String, for key: String, boot: String
    ) throws(GantryError) -> SnapshotRecord? {
        guard (1...1024).contains(name.utf8.count), !name.utf8.contains(0) else {
            throw GantryError(.invalidArgument, "commit '\(key)': a name has 1 to 1024 bytes and no NUL")
        }
        guard let present = entries[name] else {
            entries[name] = Entry(record: nil, isHeld: true)
            return nil
        }
        guard let record = present.record, !present.isHeld, record.isDamaged(since: boot) else {
            throw GantryError(.alreadyExists, "commit '\(key)': a snapshot named '\(name)' exists")
        }
        entries[name]?.isHeld = true
        return record
    }

    /// Gives a name back that a commit did not get to use.
    mutating func cancelName(_ name: String) {
        if entries[name]?.record == nil { entries[name] = nil } else { entries[name]?.isHeld = false }
    }

    /// The end of a commit: `key` goes, its record stands under its new name.
    mutating func rename(_ key: String, to record: SnapshotRecord, replacing old: SnapshotRecord?) {
        entries[key] = nil
        if let parent = old?.info.parent { entries[parent]?.children -= 1 }
        publish(record)
    }

    /// Takes a snapshot without children out.
    mutating func take(_ key: String) throws(GantryError) -> SnapshotRecord {
        let record = try record("remove snapshot", key)
        if entries[key]?.isHeld == true {
            throw GantryError(.aborted, "remove snapshot '\(key)': another call is changing it")
        }
        let children = entries[key]?.children ?? 0
        guard children == 0 else {
            let noun = children == 1 ? "child remains" : "children remain"
            throw GantryError(.failedPrecondition, "remove snapshot '\(key)': \(children) \(noun)")
        }
        entries[key] = nil
        if let parent = record.info.parent { entries[parent]?.children -= 1 }
        return record
    }

    /// Undoes `take`.
    mutating func restore(_ record: SnapshotRecord) {
        entries[record.info.name] = Entry(record: record, isHeld: false)
        if let parent = record.info.parent { entries[parent]?.children += 1 }
    }
}
