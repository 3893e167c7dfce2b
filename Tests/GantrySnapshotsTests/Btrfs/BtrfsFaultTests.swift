import GantryCore
import GantryModel
import GantrySnapshots
import GantrySystem
import GantryTesting
import GantryWire
import Testing

extension OnBtrfs {
    /// What is left when something breaks in the middle.
    @Suite(.enabled(if: missing == nil, "\(Comment(rawValue: missing ?? ""))")) struct Faults {
        private static func names(_ layers: any Snapshotter) throws -> [String] {
            var names: [String] = []
            try layers.walk(.all) { names.append($0.name) }
            return names.sorted()
        }

        private static func code(_ body: () throws -> Void) -> GantryError? {
            do { try body() } catch { return error as? GantryError }
            return nil
        }

        /// Fills the device with one file until nothing goes in; its path.
        private static func fill(_ disk: LoopFilesystem) throws -> String {
            let path = disk.place + "/big"
            let big = try File.open(path, [.write, .create])
            let bytes = [UInt8](repeating: 0x55, count: 1 << 20)
            while (try? File.write(big.raw, bytes)) != nil {}
            try? File.syncFilesystem(big.raw)
            return path
        }

        @Test func aFullDiskLeavesNothing() throws {
            try OnBtrfs.with(size: 128 << 20) { layers, disk in
                try OnBtrfs.layer(layers, "1", on: nil) { try OnBtrfs.write($0 + "/a", "1") }
                _ = try layers.prepare("kept", parent: "1", labels: [:])
                let big = try Self.fill(disk)
                var made = 0
                var failure: GantryError?
                while failure == nil, made < 5000 {
                    let key = "k\(made)"
                    failure = Self.code {
                        _ = try layers.prepare(key, parent: "1", labels: ["x": String(repeating: "y", count: 4000)])
                    }
                    if failure == nil { made += 1 }
                }
                #expect(failure?.code == .resourceExhausted, "\(String(describing: failure))")
                #expect(try Self.names(layers).count == made + 2)
                // A commit that does not fit leaves what was there, and it can be written to.
                let large = ["y": String(repeating: "z", count: 1 << 20)]
                let refused = Self.code { try layers.commit("kept", as: "2", labels: large, usage: nil) }
                #expect(refused?.code == .resourceExhausted, "\(String(describing: refused))")
                #expect(try layers.stat("kept").kind == .active)
                #expect(Self.code { _ = try layers.stat("2") }?.code == .notFound)
                try Path.unlink(big)
                // The kernel frees space in the background.
                var isWritten = false
                for _ in 0..<100 where !isWritten {
                    try LoopFilesystem.run("btrfs", ["filesystem", "sync", disk.place])
                    isWritten = (try? OnBtrfs.write(OnBtrfs.tree(layers, "kept") + "/b", "2")) != nil
                    if !isWritten { Clock.sleep(milliseconds: 100) }
                }
                #expect(isWritten, "what could not be committed can be written to")
                try layers.commit("kept", as: "2", labels: [:], usage: nil)
                for number in 0..<made { try layers.remove("k\(number)") }
                try layers.sweep()
                #expect(try OnBtrfs.count(disk) == 2)
            }
        }

        @Test func aDeviceThatTakesNoWrites() throws {
            try OnBtrfs.with { layers, disk in
                try OnBtrfs.layer(layers, "1", on: nil) { try OnBtrfs.write($0 + "/a", "1") }
                _ = try layers.prepare("k", parent: "1", labels: [:])
                try disk.setReadOnly(true)
                for failure in [
                    Self.code { _ = try layers.prepare("new", parent: "1", labels: [:]) },
                    Self.code { _ = try layers.view("new", parent: "1", labels: [:]) },
                    Self.code { try layers.commit("k", as: "2", labels: [:], usage: nil) },
                    Self.code { try layers.remove("k") },
                ] {
                    #expect(
                        failure?.message.contains("read-only file system") == true, "\(String(describing: failure))")
                }
                #expect(try Self.names(layers) == ["1", "k"])
                #expect(try File.contents(OnBtrfs.tree(layers, "k") + "/a") == [0x31], "what is there can be read")
                guard case .skipped(let reason) = BuiltInSnapshotter.btrfs.available(root: disk.place + "/s") else {
                    Issue.record("a file system without writes was taken")
                    return
                }
                #expect(reason.contains("read-only"))
                try disk.setReadOnly(false)
                try layers.commit("k", as: "2", labels: [:], usage: nil)
                _ = try layers.prepare("new", parent: "2", labels: [:])
                #expect(try Self.names(layers) == ["1", "2", "new"])
            }
        }

        @Test func aSubvolumeThatSomebodyDeleted() throws {
            try OnBtrfs.with { layers, disk in
                try OnBtrfs.layer(layers, "1", on: nil)
                try OnBtrfs.layer(layers, "other", on: nil)
                _ = try layers.prepare("k", parent: "other", labels: [:])
                let gone = disk.place + "/s/1/fs"
                try LoopFilesystem.run("btrfs", ["subvolume", "delete", gone])
                try LoopFilesystem.run("btrfs", ["subvolume", "delete", OnBtrfs.tree(layers, "k")])
                let failure = Self.code { _ = try layers.prepare("c", parent: "1", labels: [:]) }
                #expect(failure?.code == .dataLoss && failure?.message.contains(gone) == true)
                #expect(Self.code { try layers.commit("k", as: "2", labels: [:], usage: nil) }?.code == .dataLoss)
                #expect(Self.code { _ = try layers.changes("k") }?.message.contains("no such file") == true)
                _ = try layers.prepare("fine", parent: "other", labels: [:])
                try layers.close()
                let again = try OnBtrfs.open(disk.place + "/s")
                defer { try? again.close() }
                #expect(try Self.names(again) == ["1", "fine", "k", "other"])
                for name in ["k", "1", "fine", "other"] { try again.remove(name) }
                try again.sweep()
                #expect(try OnBtrfs.count(disk) == 0)
            }
        }

        /// The directory as a kill after each step leaves it, opened again.
        @Test(arguments: ["directory", "subvolume", "cut", "sealed", "renamed", "scratch", "trash"])
        func aKillAfter(_ step: String) throws {
            try OnBtrfs.with { layers, disk in
                try OnBtrfs.layer(layers, "1", on: nil) { try OnBtrfs.write($0 + "/a", "1") }
                _ = try layers.prepare("k", parent: "1", labels: [:])
                try layers.close()
                let root = disk.place + "/s"
                let draft = root + "/9"
                if step != "directory", step != "sealed" { try Path.makeDirectory(draft) }
                switch step {
                case "directory": try Path.makeDirectory(draft)
                case "subvolume":
                    try LoopFilesystem.run("btrfs", ["subvolume", "snapshot", root + "/1/fs", draft + "/fs"])
                case "cut":
                    try LoopFilesystem.run("btrfs", ["subvolume", "snapshot", root + "/1/fs", draft + "/fs"])
                    try OnBtrfs.write(draft + "/snapshot.json", "{\"kind\":\"act")
                case "sealed": try LoopFilesystem.run("btrfs", ["property", "set", root + "/2/fs", "ro", "true"])
                case "renamed":
                    try LoopFilesystem.run("btrfs", ["subvolume", "snapshot", root + "/1/fs", draft + "/fs"])
                    try Path.rename(draft, to: root + "/trash/9")
                case "scratch":
                    try LoopFilesystem.run("btrfs", ["subvolume", "snapshot", "-r", root + "/2/fs", draft + "/fs"])
                default:
                    try Path.rename(draft, to: root + "/trash/9")
                    try Path.makeDirectory(root + "/trash/9/fs")
                }
                let again = try OnBtrfs.open(root)
                defer { try? again.close() }
                #expect(try Self.names(again) == ["1", "k"])
                try OnBtrfs.write(OnBtrfs.tree(again, "k") + "/b", "2")
                #expect(throws: Errno.self) { try OnBtrfs.write(root + "/1/fs/b", "") }
                try again.commit("k", as: "2", labels: [:], usage: nil)
                try again.sweep()
                #expect(try OnBtrfs.count(disk) == 2)
                #expect(try Directory.list(root + "/trash").isEmpty)
                #expect(!Path.exists(draft))
            }
        }
    }

    /// What the kernel counts.
    @Suite(.enabled(if: missing == nil, "\(Comment(rawValue: missing ?? ""))")) struct Quotas {
        private static func hasSimple() -> Bool { Path.exists("/sys/fs/btrfs/features/simple_quota") }

        @Test(arguments: BtrfsQuota.allCases) func sizesOfWhatIsInUse(_ quota: BtrfsQuota) throws {
            // The kernel cleans up as often as it writes its transactions.
            try OnBtrfs.with(quota: quota, options: "commit=1") { layers, disk in
                let megabyte = String(repeating: "x", count: 1 << 20)
                try OnBtrfs.layer(layers, "1", on: nil) {
                    for number in 0..<4 { try OnBtrfs.write("\($0)/\(number)", megabyte) }
                }
                let base = try layers.usage("1")
                #expect(base.bytes >= 4 << 20 && base.bytes < 5 << 20 && base.inodes == 5, "\(base)")
                _ = try layers.prepare("k", parent: "1", labels: [:])
                try OnBtrfs.write(OnBtrfs.tree(layers, "k") + "/new", megabyte)
                try LoopFilesystem.run("btrfs", ["filesystem", "sync", disk.place])
                if quota == .full { try LoopFilesystem.run("btrfs", ["quota", "rescan", "-w", disk.place]) }
                let used = try layers.usage("k")
                #expect(used.bytes >= 1 << 20 && used.bytes < 2 << 20, "\(used)")
                let counts = quota != .off && (quota == .full || Self.hasSimple())
                #expect(used.inodes == (counts ? 0 : 2), "\(used)")
                try layers.commit("k", as: "2", labels: [:], usage: nil)
                #expect(try layers.usage("2").inodes == 2, "what is recorded is counted")
                try layers.remove("2")
                try layers.sweep()
                guard counts else { return }
                try LoopFilesystem.run("btrfs", ["subvolume", "sync", disk.place])
                try LoopFilesystem.run("btrfs", ["filesystem", "sync", disk.place])
                // Level 0 of the top of the file system, and of the layer.
                let groups = try LoopFilesystem.run("btrfs", ["qgroup", "show", disk.place])
                #expect(groups.split(separator: "\n").filter { $0.hasPrefix("0/") }.count == 2, "\(groups)")
            }
        }

        @Test(.enabled(if: hasSimple(), "the kernel has no simple quotas (6.7)"))
        func theOtherKindIsNotReplaced() throws {
            try OnBtrfs.with(quota: .simple) { layers, disk in
                try layers.close()
                #expect { try OnBtrfs.open(disk.place + "/s", quota: .full) } throws: { error in
                    (error as? GantryError)?.code == .failedPrecondition
                }
                try OnBtrfs.open(disk.place + "/s", quota: .off).close()
                try OnBtrfs.open(disk.place + "/s", quota: .simple).close()
            }
        }
    }
}
