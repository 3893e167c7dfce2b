public import GantryCore
public import GantryModel
import GantrySystem

/// The snapshotters that are built in, by name.
///
/// ```swift
/// let overlayfs = try BuiltInSnapshotter.overlayfs.open(root: "/var/lib/gantry/snapshots/overlayfs")
/// ```
public enum BuiltInSnapshotter: String, Sendable, CaseIterable {
    case overlayfs
    case native

    /// Whether it can work in `root`, which is made when missing. Leaves nothing behind; cost: a mount at most.
    public func available(root: String) -> DriverAvailability {
        do throws(Errno) { try Path.makeDirectories(root, mode: 0o700) } catch {
            return .skipped("'\(root)' cannot be made: \(error.reason)")
        }
        switch self {
        case .overlayfs: return Overlayfs.probe(root)
        case .native: return Native.probe(root)
        }
    }

    /// Opens the snapshots below `root`, an absolute path of its own; drafts that a crash left are swept.
    /// - Throws: `.unavailable` when it cannot work there, `.failedPrecondition` when a newer Gantry wrote there.
    public func open(root: String) throws(GantryError) -> any Snapshotter {
        switch self {
        case .overlayfs: try DirectorySnapshotter<Overlayfs>(root: root)
        case .native: try DirectorySnapshotter<Native>(root: root)
        }
    }
}
