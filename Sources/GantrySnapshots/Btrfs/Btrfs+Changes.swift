import GantryCore
import GantryModel
import GantrySystem

/// What a snapshot changed, told by the kernel: btrfs finds what is different between two subvolumes without looking at
/// what they share.
extension Btrfs {
    static func changes(
        _ id: UInt64, chain: [UInt64], scratch: () -> UInt64, on disk: SnapshotDisk
    ) throws(Errno) -> [TreeChange]? {
        try withDifference(id, chain: chain, scratch: scratch, on: disk) { (changes, _) in changes }
    }

    /// With quotas, bytes as the kernel counted them up to its last transaction; it counts no inodes. Without, every file
    /// that is new or changed counts whole, as on overlayfs.
    static func measure(
        _ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, scratch: () -> UInt64, on disk: SnapshotDisk
    ) throws(Errno) -> SnapshotUsage {
        if kind == .view { return try TreeUsage.measure("\(id)/fs", at: disk.handle) }
        let top = try tree(id, disk)
        // One that is being committed is sealed: its size is recorded for good, and so by what is in it now.
        if try !Subvolume.isReadOnly(top.raw),
            let bytes = try QuotaGroups.usage(of: Subvolume.id(of: top.raw), at: disk.handle)
        {
            return SnapshotUsage(bytes: bytes, inodes: 0)
        }
        let counted = try withDifference(id, chain: chain, scratch: scratch, on: disk) {
            (changes, tree) throws(Errno) -> SnapshotUsage in
            try size(of: changes, in: tree)
        }
        if let counted { return counted }
        return try TreeUsage.measure("\(id)/fs", at: disk.handle)
    }

    /// Calls `body` with the changes and a tree that stands still and has them. nil when only a walk tells: subvolumes lie
    /// inside, which the kernel does not compare, or names are longer than it can tell.
    private static func withDifference<Result>(
        _ id: UInt64, chain: [UInt64], scratch: () -> UInt64, on disk: SnapshotDisk,
        _ body: ([TreeChange], SharedDescriptor) throws(Errno) -> Result
    ) throws(Errno) -> Result? {
        let top = SharedDescriptor(try tree(id, disk))
        guard try Subvolume.children(of: top.raw).isEmpty else { return nil }
        guard let parent = chain.first else {
            // Everything is new, and a container may write meanwhile as it may while anybody walks.
            var comparison = TreeComparison()
            for entry in try TreeComparison.sorted(top) { try comparison.added(entry.name, top, entry.name.bytes) }
            return try body(comparison.changes, top)
        }
        var still = top
        if try !Subvolume.isReadOnly(top.raw) {
            let draft = scratch()
            try Path.makeDirectory("\(draft)", mode: 0o700, at: disk.handle)
            let directory = try File.open("\(draft)", .directory, at: disk.handle)
            try Subvolume.snapshot(top.raw, as: "fs", at: directory.raw, readOnly: true)
            still = SharedDescriptor(try tree(draft, disk))
        }
        let old = SharedDescriptor(try tree(parent, disk))
        guard let changes = try difference(from: old, to: still) else { return nil }
        return try body(changes, still)
    }

    /// The difference of two read-only subvolumes. Cost: what the kernel reads, in proportion to what changed; the stream
    /// lies in memory, a few hundred bytes a change.
    static func difference(from old: SharedDescriptor, to new: SharedDescriptor) throws(Errno) -> [TreeChange]? {
        let stream = try File.anonymous("btrfs-send")
        do throws(Errno) {
            try Subvolume.send(new.raw, parent: Subvolume.id(of: old.raw), to: stream.raw)
        } catch .nameTooLong { return nil }
        try File.seek(stream.raw, 0)
        var commands = try SendStream(stream.raw)
        let names = SendTree()
        while let command = try commands.next() { try names.apply(command) }
        return try names.changes(from: old, to: new)
    }

    /// The files that are new or changed, a hard link once, and the top.
    private static func size(of changes: [TreeChange], in tree: SharedDescriptor) throws(Errno) -> SnapshotUsage {
        var usage = SnapshotUsage(bytes: 0, inodes: 1)
        var seen: Set<UInt64> = []
        for change in changes where change.kind != .deleted {
            do throws(Errno) {
                let status = try RawPath(change.path).status(at: tree.raw)
                if status.links > 1, status.kind != .directory, !seen.insert(status.inode).inserted { continue }
                usage.bytes += status.blocks * 512
                usage.inodes += 1
            } catch .noEntry {
                // A container that runs removes files while we count.
                continue
            }
        }
        return usage
    }
}
