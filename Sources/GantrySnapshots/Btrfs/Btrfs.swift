import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// Snapshots as subvolumes of btrfs: a child is a writable snapshot of its parent, a view is the parent itself.
///
/// `fs` is a subvolume. A committed one is read-only, so that the kernel can tell the difference between two of them.
/// Every snapshot call waits for a transaction of the file system; calls at the same time share one, and so nothing here
/// holds a lock.
///
/// Source: btrfs-subvolume(8); Linux, `fs/btrfs/ioctl.c`.
enum Btrfs: SnapshotDriver {
    static let name = "btrfs"
    static let capabilities = SnapshotterCapabilities(directLayers: true, sharesBlocks: true)

    /// Makes a subvolume and removes it: the kernel's own answer. Cost: below a millisecond since kernel 6.7, before that
    /// a transaction.
    static func probe(_ root: String) -> DriverAvailability {
        guard let status = try? FilesystemStatus.of(root), status.type == FilesystemStatus.btrfs else {
            return .skipped("'\(root)' is not on btrfs")
        }
        let name = "probe-" + File.random(6).map { String($0, radix: 16) }.joined()
        do throws(Errno) {
            let handle = try File.open(root, .directory)
            try Subvolume.create(name, at: handle.raw)
            try Subvolume.remove(RawPath(name), at: handle.raw)
        } catch {
            return .skipped("btrfs on '\(root)' lets nobody make subvolumes: \(error.reason)")
        }
        return .ready
    }

    static func makeTree(
        _ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, on disk: SnapshotDisk
    ) throws(Errno) {
        guard kind == .active else { return try Path.makeDirectory("\(id)/fs", mode: 0o755, at: disk.handle) }
        let directory = try File.open("\(id)", .directory, at: disk.handle)
        if let parent = chain.first {
            let source = try tree(parent, disk)
            return try Subvolume.snapshot(source.raw, as: "fs", at: directory.raw, readOnly: false)
        }
        try Subvolume.create("fs", at: directory.raw)
        try Path.changeMode("fs", 0o755, at: directory.raw)
        // The record's own fsync(2) would take the directory along but not a subvolume in it: the log of btrfs has none.
        try File.fsync(directory.raw)
    }

    static func fill(
        _ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, on disk: SnapshotDisk
    ) throws(Errno) {}

    static func mounts(
        _ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, on disk: SnapshotDisk
    ) -> [Mount] {
        if kind == .view { return [.bind(disk.tree(chain.first ?? id), readOnly: true)] }
        return [.bind(disk.tree(id), readOnly: false)]
    }

    static func target(_ id: UInt64, chain: [UInt64], on disk: SnapshotDisk) -> LayerTarget {
        LayerTarget(directory: disk.tree(id), style: .plain)
    }

    // MARK: commit

    static func seal(_ id: UInt64, _ operation: String, on disk: SnapshotDisk) throws(GantryError) {
        do throws(Errno) {
            let top = try tree(id, disk)
            if try Subvolume.children(of: top.raw).isEmpty { return try Subvolume.setReadOnly(top.raw, true) }
        } catch {
            if error != .noEntry { throw GantryError(error, operation) }
            throw GantryError(.dataLoss, "\(operation): its subvolume '\(disk.tree(id))' is gone")
        }
        throw GantryError(
            .failedPrecondition,
            "\(operation): subvolumes lie in it, whose content its children would not show; replace them by directories"
        )
    }

    static func unseal(_ id: UInt64, on disk: SnapshotDisk) throws(Errno) {
        let top = try tree(id, disk)
        try Subvolume.setReadOnly(top.raw, false)
    }

    // MARK: removal

    static func free(_ name: RawPath, at trash: Int32) throws(Errno) {
        do throws(Errno) {
            let directory = try name.open([.directory, .noFollow], at: trash)
            for entry in try RawDirectory.list(descriptor: directory.raw) where entry.kind == .directory {
                guard try entry.name.status(at: directory.raw).inode == Subvolume.topInode else { continue }
                for gone in try Subvolume.remove(entry.name, at: directory.raw) {
                    // New kernels forget the group by themselves; without quotas there is none.
                    try? QuotaGroups.forget(gone, at: trash)
                }
            }
        } catch .notDirectory {}
        try RawDirectory.removeTree(name, at: trash)
    }

    static func tree(_ id: UInt64, _ disk: SnapshotDisk) throws(Errno) -> OwnedDescriptor {
        try File.open("\(id)/fs", [.directory, .noFollow], at: disk.handle)
    }
}
