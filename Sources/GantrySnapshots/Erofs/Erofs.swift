import GantryCore
import GantryErofs
import GantryModel
import GantrySystem
import GantryWire

/// Snapshots as layers of an overlay whose committed ones are read-only images, a file each.
///
///     17/layer.erofs    what a committed snapshot holds
///     17/fs             a committed one: where its image is mounted. An active one: what is written, as with overlayfs
///     17/work           an active one's; it goes last when that is committed
///
/// An image is mounted when somebody first needs it, stays mounted for all who come, and is unmounted when the snapshot is
/// removed or gantryd stops: overlays hold on to what they stand on by themselves. Whether it is mounted is asked of the
/// kernel each time, so that nobody who unmounts behind our back can make a container of nothing.
///
/// Source: Linux, Documentation/filesystems/erofs.rst (file-backed mounts: kernel 6.12).
enum Erofs: SnapshotDriver {
    static let name = "erofs"
    static let capabilities = SnapshotterCapabilities(directLayers: true, sharesBlocks: true)

    static let image = "layer.erofs"
    /// One that a commit is writing.
    private static let draft = "draft.erofs"

    static func fill(
        _ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, on disk: SnapshotDisk
    ) throws(Errno) {
        try Overlayfs.fill(id, chain: chain, kind: kind, on: disk)
    }

    static func mounts(
        _ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, on disk: SnapshotDisk
    ) throws(Errno) -> [Mount] {
        try mountAll(chain, disk)
        return Overlayfs.mounts(id, chain: chain, kind: kind, on: disk)
    }

    static func target(_ id: UInt64, chain: [UInt64], on disk: SnapshotDisk) throws(Errno) -> LayerTarget {
        try mountAll(chain, disk)
        var target = Overlayfs.target(id, chain: chain, on: disk)
        target.image = "\(disk.root)/\(id)/\(image)"
        return target
    }

    // MARK: commit

    /// Writes the image, unless whoever wrote the layer has written one.
    static func seal(_ id: UInt64, _ operation: String, on disk: SnapshotDisk) throws(GantryError) {
        do throws(Errno) {
            let directory = SharedDescriptor(try File.open("\(id)", .directory, at: disk.handle))
            let tree = try File.open("fs", [.directory, .noFollow], at: directory.raw)
            if Path.exists(image, at: directory.raw) {
                if try RawDirectory.list(descriptor: tree.raw).isEmpty { return }
                throw .notEmpty
            }
            try? Path.unlink(draft, at: directory.raw)
            try TreeImage.write(tree.raw, to: draft, at: directory.raw)
            // On the disk, with its name, before the record: what it stands for goes after that.
            let written = try File.open(draft, .noFollow, at: directory.raw)
            try File.fsync(written.raw)
            try Path.rename(draft, to: image, from: directory.raw, into: directory.raw)
            try File.fsync(directory.raw)
        } catch .notEmpty {
            throw GantryError(
                .failedPrecondition, "\(operation): both '\(disk.tree(id))' and an image of the layer were written")
        } catch { throw GantryError(error, operation) }
    }

    /// An image that stands for files goes; one that was written instead of them is all there is.
    static func unseal(_ id: UInt64, on disk: SnapshotDisk) throws(Errno) {
        let directory = try File.open("\(id)", .directory, at: disk.handle)
        let tree = try File.open("fs", [.directory, .noFollow], at: directory.raw)
        for name in [draft, image] where Path.exists(name, at: directory.raw) {
            if name == image, try RawDirectory.list(descriptor: tree.raw).isEmpty { continue }
            try Path.unlink(name, at: directory.raw)
        }
    }

    /// Frees what the image stands for, and makes a place for its mount.
    static func settle(_ id: UInt64, on disk: SnapshotDisk) throws(Errno) {
        // An open with a committed snapshot that a kill left here comes this way too.
        guard Path.exists("\(id)/work", at: disk.handle), Path.exists("\(id)/\(image)", at: disk.handle) else { return }
        for name in ["fs", "work"] {
            do throws(Errno) {
                try Path.rename("\(id)/\(name)", to: "trash/\(id).\(name)", from: disk.handle, into: disk.handle)
            } catch .noEntry {}
            if name == "fs" {
                do throws(Errno) { try Path.makeDirectory("\(id)/fs", mode: 0o755, at: disk.handle) } catch .exists {}
            }
        }
    }

    static func measure(
        _ id: UInt64, chain: [UInt64], kind: SnapshotInfo.Kind, scratch: () -> UInt64, on disk: SnapshotDisk
    ) throws(Errno) -> SnapshotUsage {
        do throws(Errno) {
            let file = try File.open("\(id)/\(image)", .noFollow, at: disk.handle)
            let bytes = try FileStatus.of(descriptor: file.raw).blocks * 512
            return SnapshotUsage(bytes: bytes, inodes: try ErofsWriter.inodes(file.raw))
        } catch .noEntry {
            return try TreeUsage.measure("\(id)/fs", at: disk.handle)
        }
    }

    // MARK: mounts

    private static func mountAll(_ chain: [UInt64], _ disk: SnapshotDisk) throws(Errno) {
        for id in chain {
            if try isMounted("\(id)/fs", at: disk.handle) { continue }
            try mount(disk.root + "/\(id)/\(image)", at: disk.tree(id))
        }
    }

    private static func isMounted(_ path: String, at directory: Int32) throws(Errno) -> Bool {
        let top = try File.open(path, [.path, .directory, .noFollow], at: directory)
        return try FilesystemStatus.of(descriptor: top.raw).type == FilesystemStatus.erofs
    }

    /// Two callers at once may mount it twice; one is on top, and `free` takes both.
    static func mount(_ image: String, at place: String) throws(Errno) {
        let filesystem = try Mounts.openFilesystem("erofs")
        try Mounts.configure(filesystem.raw, "source", image)
        try Mounts.configure(filesystem.raw, flag: "ro")
        try Mounts.create(filesystem.raw)
        let mount = try Mounts.mount(filesystem.raw, .readOnly)
        try Mounts.attach(mount.raw, at: place)
    }

    static func free(_ name: RawPath, at trash: Int32) throws(Errno) {
        unmount(Path.ofDescriptor(trash) + "/" + String(decoding: name.bytes, as: UTF8.self) + "/fs")
        try RawDirectory.removeTree(name, at: trash)
    }

    private static func unmount(_ place: String) {
        while (try? isMounted(place, at: File.here)) == true, (try? Mounts.unmount(place, detach: true)) != nil {}
    }

    /// Takes all mounts down; overlays that stand on them stay.
    static func close(_ disk: SnapshotDisk) {
        let names = ((try? Directory.list(disk.root)) ?? []).map(\.name)
        for name in names where UInt64(name) != nil { unmount("\(disk.root)/\(name)/fs") }
        for entry in (try? Directory.list(disk.root + "/trash")) ?? [] {
            unmount("\(disk.root)/trash/\(entry.name)/fs")
        }
    }
}
