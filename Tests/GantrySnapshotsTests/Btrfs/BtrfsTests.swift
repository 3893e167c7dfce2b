import GantryCore
import GantryModel
import GantrySnapshots
import GantrySystem
import GantryTesting
import GantryWire
import Testing

/// Everything about btrfs, on a real one in a loop device. One test at a time: the kernel's transactions are slow enough.
@Suite(.serialized) enum OnBtrfs {
    static let missing = LoopFilesystem.missing("btrfs")

    static func open(_ root: String, quota: BtrfsQuota = .off) throws -> any Snapshotter {
        try BuiltInSnapshotter.btrfs.open(root: root, quota: quota)
    }

    /// A snapshotter on a file system of its own, closed afterwards.
    static func with(
        size: Int64 = 1 << 30, quota: BtrfsQuota = .off, options: String = "",
        _ body: (any Snapshotter, LoopFilesystem) throws -> Void
    ) throws {
        try LoopFilesystem.with("btrfs", size: size, options: options) { disk in
            let layers = try open(disk.place + "/s", quota: quota)
            defer { try? layers.close() }
            try body(layers, disk)
        }
    }

    /// The directory of an active snapshot.
    static func tree(_ layers: any Snapshotter, _ key: String) throws -> String {
        try #require(try layers.layerTarget(key)).directory
    }

    /// Makes a committed snapshot of what `body` does in its directory.
    static func layer(
        _ layers: any Snapshotter, _ name: String, on parent: String?, usage: SnapshotUsage? = nil,
        _ body: (String) throws -> Void = { _ in }
    ) throws {
        _ = try layers.prepare("make-" + name, parent: parent, labels: [:])
        try body(tree(layers, "make-" + name))
        try layers.commit("make-" + name, as: name, labels: [:], usage: usage)
    }

    static func write(_ path: String, _ text: String) throws {
        try File.replace(path, with: Array(text.utf8), sync: false)
    }

    /// How many subvolumes the file system has.
    static func count(_ disk: LoopFilesystem) throws -> Int {
        try LoopFilesystem.run("btrfs", ["subvolume", "list", disk.place]).split(separator: "\n").count
    }

    @Suite(.enabled(if: missing == nil, "\(Comment(rawValue: missing ?? ""))")) struct Suites {
        @Test(arguments: SnapshotSuite.checks) func btrfs(_ check: SnapshotCheck) throws {
            try LoopFilesystem.with("btrfs") { disk in
                try check.run(in: disk.place) { root in try OnBtrfs.open(root) }
            }
        }

        @Test(arguments: SnapshotSuite.checks) func overlayfs(_ check: SnapshotCheck) throws {
            try LoopFilesystem.with("btrfs") { disk in
                try check.run(in: disk.place) { root in try BuiltInSnapshotter.overlayfs.open(root: root) }
            }
        }

        @Test func skipsItselfElsewhere() throws {
            #expect(
                BuiltInSnapshotter.btrfs.available(root: "/dev/shm/gantry-none")
                    == .skipped("'/dev/shm/gantry-none' is not on btrfs"))
            try Path.removeDirectory("/dev/shm/gantry-none")
            #expect(throws: GantryError.self) { try OnBtrfs.open("/dev/shm/gantry-none") }
            try? Directory.removeTree("/dev/shm/gantry-none")
        }

        @Test func everySnapshotIsASubvolumeAndGoesAsOne() throws {
            try OnBtrfs.with { layers, disk in
                try OnBtrfs.layer(layers, "1", on: nil) { try OnBtrfs.write($0 + "/a", "1") }
                _ = try layers.prepare("k", parent: "1", labels: [:])
                _ = try layers.view("v", parent: "1", labels: [:])
                #expect(try OnBtrfs.count(disk) == 2, "a view is no subvolume")
                #expect(throws: Errno.self) { try OnBtrfs.write(disk.place + "/s/1/fs/b", "") }
                try layers.remove("v")
                try layers.remove("k")
                try layers.remove("1")
                try layers.sweep()
                #expect(try OnBtrfs.count(disk) == 0)
                #expect(try Directory.list(disk.place + "/s").map(\.name) == ["trash"])
            }
        }

        @Test func subvolumesInsideGoWithTheirSnapshot() throws {
            try OnBtrfs.with { layers, disk in
                _ = try layers.prepare("k", parent: nil, labels: [:])
                let top = try OnBtrfs.tree(layers, "k")
                try Path.makeDirectories(top + "/deep/in")
                for name in ["one", "deep/in/two", "one/three", "one/three/four"] {
                    try LoopFilesystem.run("btrfs", ["subvolume", "create", "\(top)/\(name)"])
                    try OnBtrfs.write("\(top)/\(name)/file", "x")
                }
                for name in ["one/three", "one", "deep/in/two"] {
                    try LoopFilesystem.run("btrfs", ["property", "set", "\(top)/\(name)", "ro", "true"])
                }
                #expect { try layers.commit("k", as: "1", labels: [:], usage: nil) } throws: { error in
                    (error as? GantryError)?.code == .failedPrecondition
                }
                try OnBtrfs.write(top + "/still", "writable")
                #expect(try layers.changes("k") == nil, "the kernel does not compare what lies in them")
                #expect(try layers.usage("k").inodes >= 3)
                try layers.remove("k")
                try layers.sweep()
                #expect(try OnBtrfs.count(disk) == 0)
            }
        }
    }
}
