import GantryCore
import GantryModel
import GantryWire

extension SnapshotSuite {
    static let lifecycle: [SnapshotCheck] = [
        SnapshotCheck("a layer is prepared, committed, and seen by what stands on it") { bench in
            try bench.layer("one", on: nil) { path in
                try Tree.write(path + "/foo", "foo\n")
                try Tree.makeDirectory(path + "/a")
            }
            try bench.require("one", shows: ["d a", "f foo=foo\n"])
            try bench.active("next", on: "one") { path in
                try requireEqual(Tree.lines(path), ["d a", "f foo=foo\n"], "child before it writes")
                try Tree.write(path + "/a/bar", "bar\n")
            }
            try bench.layers.commit("next", as: "two", labels: [:], usage: nil)
            try bench.require("two", shows: ["d a", "f a/bar=bar\n", "f foo=foo\n"])
            try bench.require("one", shows: ["d a", "f foo=foo\n"])
        },
        SnapshotCheck("stat tells kind, parent, labels and times of an active snapshot") { bench in
            try bench.layer("base", on: nil) { _ in }
            _ = try bench.layers.prepare("k", parent: "base", labels: ["a": "1"])
            let info = try bench.layers.stat("k")
            try requireEqual(info.kind, .active, "kind")
            try requireEqual(info.name, "k", "name")
            try requireEqual(info.parent, "base", "parent")
            try requireEqual(info.labels, ["a": "1"], "labels")
            try require(
                info.created.nanoseconds > 0 && info.updated == info.created, "times are wrong: \(info)")
        },
        SnapshotCheck("stat tells kind, parent and labels of a committed snapshot") { bench in
            try bench.layer("base", on: nil) { _ in }
            _ = try bench.layers.prepare("k", parent: "base", labels: ["a": "1"])
            try bench.layers.commit("k", as: "top", labels: ["b": "2"], usage: nil)
            let info = try bench.layers.stat("top")
            try requireEqual(info.kind, .committed, "kind")
            try requireEqual(info.parent, "base", "parent")
            try requireEqual(info.labels, ["b": "2"], "labels")
            // To keep it is optional; to keep something else is wrong.
            try requireEqual(info.committedFrom ?? "k", "k", "from")
            try requireError(.notFound, mentions: ["k"]) { _ = try bench.layers.stat("k") }
        },
        SnapshotCheck("a third layer shows the first") { bench in
            try bench.layer("1", on: nil) { try Tree.write($0 + "/first", "1") }
            try bench.layer("2", on: "1") { try Tree.write($0 + "/second", "2") }
            try bench.layer("3", on: "2") { try Tree.write($0 + "/third", "3") }
            try bench.require("3", shows: ["f first=1", "f second=2", "f third=3"])
            try requireEqual(bench.layers.stat("3").parent, "2", "parent of the third")
        },
        SnapshotCheck("update replaces the labels and nothing else") { bench in
            _ = try bench.layers.prepare("k", parent: nil, labels: ["a": "1", "b": "2"])
            let before = try bench.layers.stat("k")
            let after = try bench.layers.update("k", labels: ["b": "3"])
            try requireEqual(after.labels, ["b": "3"], "labels")
            try requireEqual(after.created, before.created, "created")
            try require(after.updated > before.updated, "updated did not move")
            try requireEqual(bench.layers.stat("k"), after, "stat after update")
            try requireError(.notFound) { _ = try bench.layers.update("none", labels: [:]) }
        },
        SnapshotCheck("a removed snapshot is gone, and its key can be used again") { bench in
            try bench.active("k", on: nil) { try Tree.write($0 + "/old", "old") }
            try bench.layers.remove("k")
            try requireError(.notFound) { _ = try bench.layers.stat("k") }
            try requireError(.notFound) { try bench.layers.remove("k") }
            try bench.active("k", on: nil) { path in
                try requireEqual(Tree.lines(path), [], "a new snapshot under an old key")
            }
            try bench.layers.remove("k")
            try bench.layers.sweep()
        },
        SnapshotCheck("walk finds everything once, and filters") { bench in
            try bench.layer("base", on: nil) { _ in }
            try bench.layer("top", on: "base") { _ in }
            _ = try bench.layers.prepare("a", parent: "top", labels: ["x": "1"])
            _ = try bench.layers.view("v", parent: "top", labels: ["x": "2"])
            func names(_ filter: SnapshotFilter) throws -> [String] {
                var names: [String] = []
                try bench.layers.walk(filter) { names.append($0.name) }
                return names.sorted()
            }
            try requireEqual(names(.all), ["a", "base", "top", "v"], "all")
            try requireEqual(names(SnapshotFilter(kind: .committed)), ["base", "top"], "committed")
            try requireEqual(names(SnapshotFilter(parent: "top")), ["a", "v"], "children of top")
            try requireEqual(names(SnapshotFilter(labels: ["x": "2"])), ["v"], "by label")
        },
        SnapshotCheck("other calls work inside a walk, and its body's error ends it") { bench in
            try bench.layer("base", on: nil) { _ in }
            _ = try bench.layers.prepare("k", parent: "base", labels: [:])
            try bench.layers.walk(.all) { info in
                try requireEqual(bench.layers.stat(info.name), info, "stat inside a walk")
                _ = try bench.layers.update(info.name, labels: ["seen": "yes"])
            }
            try requireError(.cancelled) {
                try bench.layers.walk(.all) { _ in throw GantryError(.cancelled, "walk: enough") }
            }
        },
        SnapshotCheck("mounts are the same whenever they are asked for") { bench in
            try bench.layer("base", on: nil) { _ in }
            let made = try bench.layers.prepare("k", parent: "base", labels: [:])
            try requireEqual(bench.layers.mounts("k"), made, "mounts of an active snapshot")
            let seen = try bench.layers.view("v", parent: "base", labels: [:])
            try requireEqual(bench.layers.mounts("v"), seen, "mounts of a view")
            for mount in made { try requireEqual(Mount(json: mount.json), mount, "mount through JSON") }
        },
        SnapshotCheck("usage counts what a snapshot holds itself, and remembers it at commit") {
            bench in
            try bench.layer("base", on: nil) {
                try Tree.write($0 + "/big", String(repeating: "x", count: 1 << 20))
            }
            let base = try bench.layers.usage("base")
            try require(base.bytes >= 1 << 20, "1 MiB was written, usage says \(base.bytes)")
            try require(base.inodes >= 2, "a file and the root, usage says \(base.inodes)")
            try bench.active("k", on: "base") { try Tree.write($0 + "/small", "x") }
            try require(bench.layers.usage("k").inodes >= 2, "usage of an active snapshot counts nothing")
            try bench.layers.commit(
                "k", as: "top", labels: [:], usage: SnapshotUsage(bytes: 7, inodes: 3))
            try requireEqual(
                bench.layers.usage("top"), SnapshotUsage(bytes: 7, inodes: 3), "usage given at commit")
        },
        SnapshotCheck("close twice is fine, and nothing works afterwards") { bench in
            _ = try bench.layers.prepare("k", parent: nil, labels: [:])
            try bench.layers.close()
            try bench.layers.close()
            try requireError(.unavailable) { _ = try bench.layers.stat("k") }
            try requireError(.unavailable) { _ = try bench.layers.prepare("l", parent: nil, labels: [:]) }
        },
    ]
}
