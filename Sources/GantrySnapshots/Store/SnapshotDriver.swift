import GantryCore
import GantryModel
import GantrySystem

/// What one built-in driver does differently from another; everything they share is in `DirectorySnapshotter`.
///
/// `chain`: the parents' numbers, nearest first. `scratch` gives a number that nobody else uses, for a draft in a
/// directory of that name, which is discarded after the call and swept when a kill comes before.
protocol SnapshotDriver: Sendable {
    static var name: String { get }
    static var capabilities: SnapshotterCapabilities { get }

    /// Whether it can work in `root`, which exists.
    static func probe(_ root: String) -> DriverAvailability

    /// Makes `fs` in the new snapshot's directory, which is empty.
    static func makeTree(_ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, on disk: SnapshotDisk) throws(Errno)

    /// Fills the new snapshot's directory, in which only an empty `fs` lies.
    static func fill(_ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, on disk: SnapshotDisk) throws(Errno)

    /// The mounts of a snapshot. When one is made this comes before `fill`.
    static func mounts(
        _ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, on disk: SnapshotDisk
    ) throws(Errno) -> [Mount]

    /// Where a layer may be written directly.
    static func target(_ id: UInt64, chain: [UInt64], on disk: SnapshotDisk) throws(Errno) -> LayerTarget

    /// Makes a tree unchangeable, just before the record says that it is committed.
    static func seal(_ id: UInt64, _ operation: String, on disk: SnapshotDisk) throws(GantryError)

    /// Undoes `seal` for a commit that failed, or that a kill ended before its record was written.
    static func unseal(_ id: UInt64, on disk: SnapshotDisk) throws(Errno)

    /// Frees what a committed snapshot does not need any more, now that the record says that it is one; called again when a
    /// kill came before.
    static func settle(_ id: UInt64, on disk: SnapshotDisk) throws(Errno)

    /// Nobody uses the driver any more.
    static func close(_ disk: SnapshotDisk)

    /// The space that a snapshot takes by itself; one that is being committed is sealed.
    static func measure(
        _ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, scratch: () -> UInt64, on disk: SnapshotDisk
    ) throws(Errno) -> SnapshotUsage

    /// What a snapshot changed of its parent; nil when only a walk tells.
    static func changes(
        _ id: UInt64, chain: [UInt64], scratch: () -> UInt64, on disk: SnapshotDisk
    ) throws(Errno) -> [TreeChange]?

    /// Frees a directory in the trash with all that it holds.
    static func free(_ name: RawPath, at trash: Int32) throws(Errno)
}

/// Drivers whose trees are plain directories.
extension SnapshotDriver {
    static func makeTree(
        _ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, on disk: SnapshotDisk
    ) throws(Errno) {
        try Path.makeDirectory("\(id)/fs", mode: 0o755, at: disk.handle)
    }

    static func seal(_ id: UInt64, _ operation: String, on disk: SnapshotDisk) throws(GantryError) {}

    static func unseal(_ id: UInt64, on disk: SnapshotDisk) throws(Errno) {}

    static func settle(_ id: UInt64, on disk: SnapshotDisk) throws(Errno) {}

    static func close(_ disk: SnapshotDisk) {}

    static func measure(
        _ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, scratch: () -> UInt64, on disk: SnapshotDisk
    ) throws(Errno) -> SnapshotUsage {
        try TreeUsage.measure("\(id)/fs", at: disk.handle)
    }

    static func changes(
        _ id: UInt64, chain: [UInt64], scratch: () -> UInt64, on disk: SnapshotDisk
    ) throws(Errno) -> [TreeChange]? { nil }

    static func free(_ name: RawPath, at trash: Int32) throws(Errno) { try RawDirectory.removeTree(name, at: trash) }
}

/// Whether a driver can work in some place.
public enum DriverAvailability: Sendable, Equatable {
    case ready
    /// It cannot, for this reason; that is no failure.
    case skipped(String)
}
