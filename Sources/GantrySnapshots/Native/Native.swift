import GantryCore
import GantryModel
import GantrySystem

/// Snapshots as whole copies: works on every file system, needs no mount but a bind, and costs a walk of the parent.
///
/// Where the file system can share blocks (btrfs, xfs) a copy costs no content. A view of a parent is the parent itself.
enum Native: SnapshotDriver {
    static let name = "native"
    static let capabilities = SnapshotterCapabilities(directLayers: true)

    static func probe(_ root: String) -> DriverAvailability { .ready }

    static func fill(
        _ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, on disk: SnapshotDisk
    ) throws(Errno) {
        guard kind == .active, let parent = chain.first else { return }
        try TreeCopy.copy("\(parent)/fs", to: "\(id)/fs", at: disk.handle)
    }

    static func mounts(
        _ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, on disk: SnapshotDisk
    ) -> [Mount] {
        if kind == .view { return [.bind(disk.tree(chain.first ?? id), readOnly: true)] }
        return [.bind(disk.tree(id), readOnly: false)]
    }

    static func target(_ id: UInt64, chain: [UInt64], on disk: SnapshotDisk) -> LayerTarget {
        LayerTarget(directory: disk.tree(id), style: .plain)
    }
}
