import GantryCore
import GantryModel
import GantrySnapshots
import GantrySystem
import GantryTesting
import Testing

extension OnBtrfs {
    /// What the kernel tells of two subvolumes is what a walk over both finds.
    @Suite(.enabled(if: missing == nil, "\(Comment(rawValue: missing ?? ""))")) struct Changes {
        /// The letters and names of changes; a directory of which only the times changed has a small letter.
        private static func lines(_ changes: [TreeChange]) -> [String] {
            changes.map {
                let letter = $0.isOnlyTimes ? $0.kind.rawValue.lowercased() : $0.kind.rawValue
                return letter + " " + String(decoding: $0.path, as: UTF8.self)
            }
        }

        private static func walk(_ old: String, _ new: String) throws -> [TreeChange] {
            var comparison = TreeComparison()
            try comparison.contents(
                from: SharedDescriptor(try File.open(old, .directory)),
                to: SharedDescriptor(try File.open(new, .directory)), [])
            return comparison.changes
        }

        /// Asks for the changes of an active snapshot on "base", and checks them by a walk.
        private static func compared(
            _ layers: any Snapshotter, _ disk: LoopFilesystem, base: (String) throws -> Void,
            then: (String) throws -> Void
        ) throws -> [String] {
            try OnBtrfs.layer(layers, "base", on: nil, base)
            _ = try layers.prepare("k", parent: "base", labels: [:])
            let top = try OnBtrfs.tree(layers, "k")
            try then(top)
            let told = try #require(try layers.changes("k"))
            #expect(try told == walk(disk.place + "/s/1/fs", top))
            // The same once it is committed.
            try layers.commit("k", as: "top", labels: [:], usage: nil)
            #expect(try layers.changes("top") == told)
            return lines(told)
        }

        @Test func ofEveryKind() throws {
            try OnBtrfs.with { layers, disk in
                let found = try Self.compared(layers, disk) { top in
                    for name in ["gone", "moved", "kept", "dir-to-file", "empty"] {
                        try Path.makeDirectory("\(top)/\(name)")
                        if name != "empty" { try OnBtrfs.write("\(top)/\(name)/in", name) }
                    }
                    for name in ["content", "mode", "owner", "attribute", "times", "touched", "file-to-dir", "first"] {
                        try OnBtrfs.write("\(top)/\(name)", name)
                    }
                    try Path.link("\(top)/first", as: "\(top)/kept/second")
                    try Path.symlink("a", as: "\(top)/link")
                    try Path.symlink("a", as: "\(top)/link2")
                } then: { top in
                    try Directory.removeTree(top + "/gone")
                    try Path.rename(top + "/moved", to: top + "/elsewhere")
                    try OnBtrfs.write(top + "/elsewhere/more", "x")
                    try Directory.removeTree(top + "/dir-to-file")
                    try OnBtrfs.write(top + "/dir-to-file", "x")
                    try Path.unlink(top + "/file-to-dir")
                    try Path.makeDirectories(top + "/file-to-dir/a/b")
                    try OnBtrfs.write(top + "/content", "other")
                    try Path.changeMode(top + "/mode", 0o600)
                    try Path.changeOwner(top + "/owner", uid: 5, gid: 6)
                    try ExtendedAttributes.set("user.x", to: [1], path: top + "/attribute")
                    try Path.setTimes(
                        top + "/times", accessed: .omit, modified: FileTime(seconds: 5), at: File.here)
                    let first = try File.open(top + "/first", [.write, .append])
                    try File.write(first.raw, "more")
                    try Path.unlink(top + "/link")
                    try Path.symlink("b", as: top + "/link")
                    try Path.makeNode(top + "/fifo", mode: 0o010644)
                    try OnBtrfs.write(top + "/o257-9-0", "looks like a name of the kernel's")
                    try OnBtrfs.write(top + "/ünïcödé", "x")
                    try OnBtrfs.write(top + "/empty/x", "x")
                    try Path.unlink(top + "/empty/x")
                }
                #expect(
                    found == [
                        "C attribute", "C content", "C dir-to-file", "A elsewhere", "A elsewhere/in",
                        "A elsewhere/more", "c empty", "A fifo", "C file-to-dir", "A file-to-dir/a",
                        "A file-to-dir/a/b", "C first", "D gone", "C kept/second", "C link", "C mode", "D moved",
                        "A o257-9-0", "C owner", "C times", "A ünïcödé",
                    ])
            }
        }

        @Test func nothingIsLeftOfAComparison() throws {
            try OnBtrfs.with { layers, disk in
                try OnBtrfs.layer(layers, "base", on: nil) { try OnBtrfs.write($0 + "/a", "1") }
                #expect(try layers.changes("base").map(Self.lines) == ["A a"], "without a parent everything is new")
                _ = try layers.prepare("k", parent: "base", labels: [:])
                _ = try layers.view("v", parent: "base", labels: [:])
                #expect(try layers.changes("k") == [])
                #expect(try layers.changes("v") == [])
                _ = try layers.usage("k")
                try layers.sweep()
                #expect(try OnBtrfs.count(disk) == 2)
                #expect(throws: GantryError.self) { try layers.changes("none") }
            }
        }

        /// Paths that the kernel cannot put into a stream.
        @Test func veryDeepTreesAreLeftToTheWalker() throws {
            try OnBtrfs.with { layers, disk in
                try OnBtrfs.layer(layers, "base", on: nil)
                _ = try layers.prepare("k", parent: "base", labels: [:])
                let name = RawPath(String(repeating: "n", count: 200))
                var handle = SharedDescriptor(try File.open(OnBtrfs.tree(layers, "k"), .directory))
                for _ in 0..<25 {
                    try name.makeDirectory(mode: 0o755, at: handle.raw)
                    handle = SharedDescriptor(try name.open(.directory, at: handle.raw))
                }
                #expect(try layers.changes("k") == nil)
                #expect(try layers.usage("k").inodes == 26)
            }
        }

        @Test func manyNamesOfOneFileAreLeftToTheWalker() throws {
            try OnBtrfs.with { layers, disk in
                try OnBtrfs.layer(layers, "base", on: nil) { top in
                    try OnBtrfs.write(top + "/file", "x")
                    for number in 0..<100 {
                        try Path.link(top + "/file", as: "\(top)/\(String(repeating: "l", count: 100))\(number)")
                    }
                }
                _ = try layers.prepare("k", parent: "base", labels: [:])
                try Path.changeMode(OnBtrfs.tree(layers, "k") + "/file", 0o600)
                #expect(try layers.changes("k") == nil)
            }
        }

        /// Trees and changes at random, many on one file system.
        @Test(arguments: 0..<4) func atRandom(_ part: UInt64) throws {
            try OnBtrfs.with { layers, disk in
                for round in 0..<40 {
                    let seed = part * 1000 + UInt64(round)
                    var make = RandomTree(seed: seed)
                    let base = "base-\(seed)"
                    try OnBtrfs.layer(layers, base, on: nil) { try make.change($0, steps: 60) }
                    _ = try layers.prepare("k", parent: base, labels: [:])
                    let top = try OnBtrfs.tree(layers, "k")
                    try make.change(top, steps: 1 + Int(seed % 50))
                    let told = try #require(try layers.changes("k"), "seed \(seed)")
                    let view = try layers.view("v", parent: base, labels: [:])
                    let found = try Self.walk(try #require(view.first).source, top)
                    #expect(told == found, "seed \(seed)\n\(Self.lines(told))\n\(Self.lines(found))")
                    for key in ["v", "k", base] { try layers.remove(key) }
                }
            }
        }
    }
}
