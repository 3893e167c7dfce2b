import GantryCore
import GantrySystem
import GantryWire

extension SnapshotSuite {
    static let depth: [SnapshotCheck] = [
        SnapshotCheck("128 layers are mounted, written to and viewed") { bench in
            var parent: String?
            for number in 1...128 {
                try bench.layer("layer-\(number)", on: parent) { path in
                    try Tree.write(path + "/at", "\(number)")
                    try Tree.write(path + "/f\(number)", "\(number)")
                    if number > 2 { try Path.unlink(path + "/f\(number - 1)") }
                }
                parent = "layer-\(number)"
            }
            try bench.require("layer-128", shows: ["f at=128", "f f1=1", "f f128=128"])
            try bench.active("top", on: parent) { path in
                try Tree.write(path + "/at", "top")
                try requireEqual(Tree.lines(path), ["f at=top", "f f1=1", "f f128=128"], "129th layer")
            }
        },
        SnapshotCheck("a layer written directly is seen when mounted") { bench in
            try bench.layer("base", on: nil) { try Tree.write($0 + "/old", "old") }
            _ = try bench.layers.prepare("k", parent: "base", labels: [:])
            guard let target = try bench.layers.layerTarget("k") else {
                try require(
                    !bench.layers.capabilities.directLayers,
                    "direct layers are promised, but there is no target")
                return
            }
            try require(bench.layers.capabilities.directLayers, "a target without the capability")
            try requireEqual(target.parents.isEmpty, target.style == .plain, "parents belong to overlays")
            try Tree.write(target.directory + "/new", "new")
            try bench.layers.commit("k", as: "top", labels: [:], usage: nil)
            try bench.require("top", shows: ["f new=new", "f old=old"])
            try requireError(.failedPrecondition) { _ = try bench.layers.layerTarget("top") }
            try requireError(.notFound) { _ = try bench.layers.layerTarget("none") }
        },
        SnapshotCheck("removing gives the space back") { bench in
            try bench.active("k", on: nil) { path in
                try Tree.makeDirectory(path + "/d")
                try Tree.write(path + "/d/f", String(repeating: "x", count: 1 << 20))
            }
            try bench.layers.remove("k")
            try bench.layers.sweep()
            // The background may have the last directory in hand.
            let end = Clock.monotonic + 5_000_000_000
            while try holds(bench.root + "/s"), Clock.monotonic < end { Clock.sleep(milliseconds: 5) }
            try require(!holds(bench.root + "/s"), "the removed snapshot's file is still on the disk")
        },
    ]

    /// Whether a file of 1 MiB lies anywhere below.
    private static func holds(_ path: String) throws -> Bool {
        let entries: [Directory.Entry]
        do throws(Errno) { entries = try Directory.list(path) } catch {
            // It goes while we look.
            if error == .noEntry { return false }
            throw error
        }
        for entry in entries {
            if entry.kind == .directory, try holds(path + "/" + entry.name) { return true }
            if entry.kind == .regular, (try? FileStatus.of(path + "/" + entry.name))?.size == 1 << 20 {
                return true
            }
        }
        return false
    }
}
