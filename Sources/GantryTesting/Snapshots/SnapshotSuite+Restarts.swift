import GantryCore
import GantryModel
import GantrySystem
import GantryWire

extension SnapshotSuite {
    static let restarts: [SnapshotCheck] = [
        SnapshotCheck("everything is there after a restart") { bench in
            try bench.layer("1", on: nil) { try Tree.write($0 + "/a", "1") }
            try bench.layer("2", on: "1") { try Tree.write($0 + "/b", "2") }
            try bench.active("k", on: "2") { try Tree.write($0 + "/c", "3") }
            _ = try bench.layers.view("v", parent: "2", labels: ["x": "y"])
            _ = try bench.layers.update("1", labels: ["kept": "yes"])
            let mounts = try bench.layers.mounts("k")
            let usage = try bench.layers.usage("2")
            let from = try bench.layers.stat("2").committedFrom
            try bench.reopen()
            try requireEqual(bench.layers.stat("2").committedFrom, from, "from after a restart")
            try requireEqual(bench.layers.mounts("k"), mounts, "mounts after a restart")
            try requireEqual(bench.layers.usage("2"), usage, "usage after a restart")
            try requireEqual(bench.layers.stat("1").labels, ["kept": "yes"], "labels after a restart")
            try requireEqual(bench.layers.stat("v").kind, .view, "kind after a restart")
            try requireError(.failedPrecondition) { try bench.layers.remove("1") }
            try bench.layers.commit("k", as: "3", labels: [:], usage: nil)
            try bench.require("3", shows: ["f a=1", "f b=2", "f c=3"])
        },
        SnapshotCheck("what was answered is there when the process is killed") { bench in
            try bench.layer("1", on: nil) { try Tree.write($0 + "/a", "1") }
            _ = try bench.layers.prepare("k", parent: "1", labels: [:])
            _ = try bench.layers.prepare("gone", parent: "1", labels: [:])
            try bench.layers.remove("gone")
            try bench.reopen(closing: false)
            try requireError(.notFound) { _ = try bench.layers.stat("gone") }
            var names: [String] = []
            try bench.layers.walk(.all) { names.append($0.name) }
            try requireEqual(names.sorted(), ["1", "k"], "snapshots after a kill")
            _ = try bench.layers.prepare("next", parent: "1", labels: [:])
            try requireEqual(bench.layers.unsynced(), [], "a kill of the process is no power cut")
        },
        SnapshotCheck("sync says so, and closing syncs") { bench in
            try bench.layer("1", on: nil) { try Tree.write($0 + "/a", "1") }
            try bench.layer("2", on: "1") { try Tree.write($0 + "/b", "2") }
            try bench.layers.sync("1")
            try require(bench.layers.stat("1").synced, "not synced after sync")
            try requireError(.notFound) { try bench.layers.sync("none") }
            _ = try bench.layers.prepare("k", parent: nil, labels: [:])
            try requireError(.failedPrecondition) { try bench.layers.sync("k") }
            try bench.layer("3", on: "2") { try Tree.write($0 + "/c", "3") }
            try bench.reopen()
            try require(bench.layers.stat("3").synced, "not synced after a close")
        },
    ]
}
