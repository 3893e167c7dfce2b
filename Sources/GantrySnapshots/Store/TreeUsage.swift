import GantryCore
import GantrySystem

/// Counts the space of a tree: blocks and inodes, a hard link once. Stays on the file system of its top.
enum TreeUsage {
    private struct Inode: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    static func measure(_ path: String, at directory: Int32) throws(Errno) -> SnapshotUsage {
        let top = try File.open(path, [.directory, .noFollow], at: directory)
        let status = try FileStatus.of(descriptor: top.raw)
        var usage = SnapshotUsage(bytes: status.blocks * 512, inodes: 1)
        var seen: Set<Inode> = []
        try add(top.raw, device: status.device, &usage, &seen)
        return usage
    }

    private static func add(
        _ directory: Int32, device: UInt64, _ usage: inout SnapshotUsage, _ seen: inout Set<Inode>
    ) throws(Errno) {
        for entry in try RawDirectory.list(descriptor: directory) {
            do throws(Errno) {
                let status = try entry.name.status(at: directory)
                if status.device != device { continue }
                if status.links > 1, status.kind != .directory,
                    !seen.insert(Inode(device: status.device, inode: status.inode)).inserted
                {
                    continue
                }
                usage.bytes += status.blocks * 512
                usage.inodes += 1
                if status.kind != .directory { continue }
                let child = try entry.name.open([.directory, .noFollow], at: directory)
                try add(child.raw, device: device, &usage, &seen)
            } catch .noEntry {
                // A container that runs removes files while we count.
                continue
            }
        }
    }
}
