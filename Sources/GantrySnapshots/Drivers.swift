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
    case btrfs
    case erofs

    /// Whether it can work in `root`, which is made when missing. Leaves nothing behind; cost: a mount at most.
    public func available(root: String) -> DriverAvailability {
        do throws(Errno) { try Path.makeDirectories(root, mode: 0o700) } catch {
            return .skipped("'\(root)' cannot be made: \(error.reason)")
        }
        switch self {
        case .overlayfs: return Overlayfs.probe(root)
        case .native: return Native.probe(root)
        case .btrfs: return Btrfs.probe(root)
        case .erofs: return Erofs.probe(root)
        }
    }

    /// Opens the snapshots below `root`, an absolute path of its own; drafts that a crash left are swept.
    /// - Parameter quota: what btrfs counts; the others do not look at it.
    /// - Throws: `.unavailable` when it cannot work there, `.failedPrecondition` when a newer Gantry wrote there.
    public func open(root: String, quota: BtrfsQuota = .off) throws(GantryError) -> any Snapshotter {
        switch self {
        case .overlayfs: return try DirectorySnapshotter<Overlayfs>(root: root)
        case .native: return try DirectorySnapshotter<Native>(root: root)
        case .btrfs:
            let snapshotter = try DirectorySnapshotter<Btrfs>(root: root)
            try quota.enable(at: snapshotter.disk.handle, root: root)
            return snapshotter
        case .erofs: return try DirectorySnapshotter<Erofs>(root: root)
        }
    }
}
