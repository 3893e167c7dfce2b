import GantryCore
import GantryModel
import GantrySystem

/// What one built-in driver does differently from another; everything they share is in `DirectorySnapshotter`.
protocol SnapshotDriver: Sendable {
    static var name: String { get }
    static var capabilities: SnapshotterCapabilities { get }

    /// Whether it can work in `root`, which exists.
    static func probe(_ root: String) -> DriverAvailability

    /// Fills the new snapshot's directory, in which only an empty `fs` lies. `chain`: the parents' numbers, nearest first.
    static func fill(_ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, on disk: SnapshotDisk) throws(Errno)

    /// The mounts of a snapshot.
    static func mounts(_ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, on disk: SnapshotDisk) -> [Mount]

    /// Where a layer may be written directly.
    static func target(_ id: UInt64, chain: [UInt64], on disk: SnapshotDisk) -> LayerTarget
}

/// Whether a driver can work in some place.
public enum DriverAvailability: Sendable, Equatable {
    case ready
    /// It cannot, for this reason; that is no failure.
    case skipped(String)
}
