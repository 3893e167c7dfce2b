import GantryCore
import GantryModel
import GantrySystem

/// Snapshots as layers of the kernel's overlayfs: a directory a layer, stacked when mounted.
///
/// A directory holds `fs` (what the snapshot itself changes, with whiteouts) and, for an active snapshot, `work`.
/// The options that let overlayfs leave marks only it understands are off, whatever the kernel's defaults: a layer
/// must mean the same to every kernel that mounts it.
///
/// Source: Linux, Documentation/filesystems/overlayfs.rst.
enum Overlayfs: SnapshotDriver {
    static let name = "overlayfs"
    static let capabilities = SnapshotterCapabilities(directLayers: true, sharesBlocks: true)

    static func fill(
        _ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, on disk: SnapshotDisk
    ) throws(Errno) {
        if let parent = chain.first {
            // The topmost directory is the root that the container sees, so it must look like the parent's.
            let root = try FileStatus.of("\(parent)/fs", at: disk.handle)
            if root.uid != 0 || root.gid != 0 {
                try Path.changeOwner("\(id)/fs", uid: root.uid, gid: root.gid, at: disk.handle)
            }
            if root.permissions != 0o755 { try Path.changeMode("\(id)/fs", root.permissions, at: disk.handle) }
        }
        if kind == .active { try Path.makeDirectory("\(id)/work", mode: 0o700, at: disk.handle) }
    }

    static func mounts(
        _ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, on disk: SnapshotDisk
    ) -> [Mount] {
        let reads = kind == .view
        // An overlay needs two directories; a single one is shown as it is.
        if chain.isEmpty { return [.bind(disk.tree(id), readOnly: reads)] }
        if reads && chain.count == 1 { return [.bind(disk.tree(chain[0]), readOnly: true)] }
        var options = ["lowerdir=" + chain.map { disk.tree($0) }.joined(separator: ":")]
        if reads {
            options.insert("ro", at: 0)
        } else {
            options += ["upperdir=\(disk.tree(id))", "workdir=\(disk.root)/\(id)/work"]
        }
        options += ["redirect_dir=nofollow", "metacopy=off", "index=off"]
        return [Mount(type: "overlay", source: "overlay", options: options)]
    }

    static func target(_ id: UInt64, chain: [UInt64], on disk: SnapshotDisk) -> LayerTarget {
        LayerTarget(directory: disk.tree(id), style: .overlay, parents: chain.map { disk.tree($0) })
    }
}
