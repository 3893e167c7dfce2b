import GantryCore
import GantrySystem

extension SnapshotSuite {
    static let attributes: [SnapshotCheck] = [
        SnapshotCheck("owners change in a child, content stays") { bench in
            try bench.layer("1", on: nil) { path in
                try Tree.makeDirectory(path + "/opt")
                try Tree.write(path + "/opt/a", "a")
            }
            try bench.layer("2", on: "1") { path in
                try Path.changeOwner(path + "/opt", uid: 1, gid: 2)
                try Path.changeOwner(path + "/opt/a", uid: 3, gid: 4)
            }
            try bench.require("2", shows: ["d 755 1:2 opt", "f 644 3:4 opt/a=a"])
            try bench.require("1", shows: ["d opt", "f opt/a=a"])
        },
        SnapshotCheck("a directory's mode survives a child that writes into it") { bench in
            try bench.layer("1", on: nil) { path in
                try Tree.makeDirectory(path + "/d", mode: 0o1777)
                try Tree.makeDirectory(path + "/e", mode: 0o700)
                try Path.changeOwner(path + "/e", uid: 5, gid: 6)
            }
            try bench.layer("2", on: "1") { path in
                try Tree.write(path + "/d/a", "a")
                try Tree.write(path + "/e/b", "b")
            }
            try bench.require("2", shows: ["d 1777 0:0 d", "f d/a=a", "d 700 5:6 e", "f e/b=b"])
        },
        SnapshotCheck("the root's mode and owner pass on to children") { bench in
            func root(_ path: String) throws -> String {
                let status = try FileStatus.of(path)
                return "\(String(status.permissions, radix: 8)) \(status.uid):\(status.gid)"
            }
            _ = try bench.layers.prepare("first", parent: nil, labels: [:])
            try bench.mounted(bench.layers.mounts("first")) { path in
                try requireEqual(root(path), "755 0:0", "root of an empty snapshot")
                try Path.changeMode(path, 0o711)
                try Path.changeOwner(path, uid: 7, gid: 8)
            }
            try bench.layers.commit("first", as: "1", labels: [:], usage: nil)
            try bench.active("k", on: "1") { try requireEqual(root($0), "711 7:8", "root of a child") }
            try bench.layers.commit("k", as: "2", labels: [:], usage: nil)
            try bench.look("2") { try requireEqual(root($0), "711 7:8", "root of a view of two") }
            try bench.look("1") { try requireEqual(root($0), "711 7:8", "root of a view of one") }
        },
        SnapshotCheck("hard links, attributes, times, devices and holes are the same in a child") {
            bench in
            let time = FileTime(seconds: 1_000_000_000, nanoseconds: 123_456_789)
            try bench.layer("1", on: nil) { path in
                try Tree.write(path + "/a", "a", mode: 0o4755)
                try Path.link(path + "/a", as: path + "/b")
                try ExtendedAttributes.set("user.k", to: [1, 2, 3], path: path + "/a")
                try Path.makeNode(path + "/null", mode: 0o020644, major: 1, minor: 3)
                try Path.makeNode(path + "/pipe", mode: 0o010644)
                try Path.symlink("nowhere", as: path + "/link")
                let sparse = try File.open(path + "/sparse", [.write, .create])
                try File.truncate(sparse.raw, to: 64 << 20)
                for name in ["a", "null", "link", "sparse"] {
                    try Path.setTimes(path + "/" + name, accessed: time, modified: time)
                }
            }
            try bench.layer("2", on: "1") { _ in }
            try bench.look("2") { path in
                let a = try FileStatus.of(path + "/a")
                try requireEqual(a.inode, try FileStatus.of(path + "/b").inode, "inode of two names")
                try requireEqual(a.links, 2, "links")
                try requireEqual(a.permissions, 0o4755, "mode")
                try requireEqual(
                    try ExtendedAttributes.get("user.k", path: path + "/a"), [1, 2, 3], "attribute")
                for name in ["a", "null", "link", "sparse"] {
                    try requireEqual(try FileStatus.of(path + "/" + name).modified, time, "time of \(name)")
                }
                let null = try FileStatus.of(path + "/null")
                try requireEqual([null.deviceMajor, null.deviceMinor], [1, 3], "device")
                try requireEqual(try FileStatus.of(path + "/pipe").kind, .fifo, "kind of a fifo")
                let sparse = try FileStatus.of(path + "/sparse")
                try requireEqual(sparse.size, 64 << 20, "size of a sparse file")
                // Not the number of blocks, which a file system without writes may say as it likes.
                let data = try dataBytes(path + "/sparse")
                try require(data < 1 << 20, "the holes were filled: \(data) bytes of data")
            }
        },
    ]
}

/// The bytes of a file that are no hole.
private func dataBytes(_ path: String) throws -> Int64 {
    let file = try File.open(path)
    var total: Int64 = 0
    var end: Int64 = 0
    while let start = try? File.seek(file.raw, end, .data) {
        end = try File.seek(file.raw, start, .hole)
        total += end - start
    }
    return total
}
