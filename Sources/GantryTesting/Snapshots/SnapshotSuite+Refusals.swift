import GantryCore
import GantryModel
import GantrySystem
import GantryWire
import Synchronization

extension SnapshotSuite {
    static let refusals: [SnapshotCheck] = [
        SnapshotCheck("a view can neither be committed nor be a parent") { bench in
            try bench.layer("base", on: nil) { _ in }
            _ = try bench.layers.view("v", parent: "base", labels: [:])
            try requireError(.failedPrecondition, mentions: ["v"]) {
                try bench.layers.commit("v", as: "w", labels: [:], usage: nil)
            }
            try requireError(.failedPrecondition) {
                _ = try bench.layers.prepare("k", parent: "v", labels: [:])
            }
            try requireError(.failedPrecondition) {
                _ = try bench.layers.view("u", parent: "v", labels: [:])
            }
            try requireError(.notFound) { _ = try bench.layers.stat("w") }
            try requireError(.notFound) { _ = try bench.layers.stat("k") }
        },
        SnapshotCheck("a view of nothing is empty, and read-only") { bench in
            try bench.mounted(bench.layers.view("v", parent: nil, labels: [:])) { path in
                try requireEqual(Tree.lines(path), [], "a view of nothing")
                try refusesWrites(path)
            }
        },
        SnapshotCheck("views refuse writes, of one layer and of several") { bench in
            try bench.layer("1", on: nil) { try Tree.write($0 + "/a", "a") }
            try bench.layer("2", on: "1") { try Tree.write($0 + "/b", "b") }
            try bench.look("1") { try refusesWrites($0) }
            try bench.look("2") { try refusesWrites($0) }
            try bench.require("2", shows: ["f a=a", "f b=b"])
        },
        SnapshotCheck("an active snapshot cannot be a parent") { bench in
            _ = try bench.layers.prepare("a", parent: nil, labels: [:])
            try requireError(.failedPrecondition, mentions: ["a"]) {
                _ = try bench.layers.prepare("b", parent: "a", labels: [:])
            }
        },
        SnapshotCheck("a missing parent is not found, and the key stays free") { bench in
            try requireError(.notFound, mentions: ["none"]) {
                _ = try bench.layers.prepare("k", parent: "none", labels: [:])
            }
            _ = try bench.layers.prepare("k", parent: nil, labels: [:])
        },
        SnapshotCheck("a key or name that is taken is refused, whatever has it") { bench in
            try bench.layer("base", on: nil) { try Tree.write($0 + "/a", "a") }
            _ = try bench.layers.prepare("k", parent: nil, labels: [:])
            _ = try bench.layers.view("v", parent: "base", labels: [:])
            for key in ["base", "k", "v"] {
                try requireError(.alreadyExists, mentions: [key]) {
                    _ = try bench.layers.prepare(key, parent: nil, labels: [:])
                }
                try requireError(.alreadyExists) {
                    _ = try bench.layers.view(key, parent: "base", labels: [:])
                }
            }
            try requireError(.alreadyExists) {
                try bench.layers.commit("k", as: "base", labels: [:], usage: nil)
            }
            try requireEqual(bench.layers.stat("k").kind, .active, "kind after a commit that failed")
            try bench.layers.commit("k", as: "other", labels: [:], usage: nil)
            try bench.require("base", shows: ["f a=a"])
        },
        SnapshotCheck("empty, long and NUL keys are invalid") { bench in
            for key in ["", "a\0b", String(repeating: "k", count: 1025)] {
                try requireError(.invalidArgument) {
                    _ = try bench.layers.prepare(key, parent: nil, labels: [:])
                }
            }
            // Keys are names, never paths.
            _ = try bench.layers.prepare("../../escape", parent: nil, labels: [:])
            try require(!Path.exists(bench.root + "/escape"), "a key was used as a path")
        },
        SnapshotCheck("what does not exist is not found, and a committed snapshot has no mounts") {
            bench in
            try requireError(.notFound) { _ = try bench.layers.mounts("none") }
            try requireError(.notFound) { _ = try bench.layers.usage("none") }
            try requireError(.notFound) {
                try bench.layers.commit("none", as: "n", labels: [:], usage: nil)
            }
            try bench.layer("base", on: nil) { _ in }
            try requireError(.failedPrecondition) { _ = try bench.layers.mounts("base") }
            try requireError(.failedPrecondition) {
                try bench.layers.commit("base", as: "n", labels: [:], usage: nil)
            }
        },
        SnapshotCheck("a layer that others stand on cannot be removed before them") { bench in
            try bench.layer("1", on: nil) { try Tree.write($0 + "/a", "a") }
            try bench.layer("2", on: "1") { try Tree.write($0 + "/b", "b") }
            _ = try bench.layers.prepare("k", parent: "2", labels: [:])
            _ = try bench.layers.view("v", parent: "2", labels: [:])
            try requireError(.failedPrecondition, mentions: ["1"]) { try bench.layers.remove("1") }
            try requireError(.failedPrecondition, mentions: ["2"]) { try bench.layers.remove("2") }
            try bench.layers.remove("k")
            try requireError(.failedPrecondition) { try bench.layers.remove("2") }
            try bench.layers.remove("v")
            try bench.layers.remove("2")
            try bench.require("1", shows: ["f a=a"])
            try bench.layers.remove("1")
        },
        SnapshotCheck("of many that prepare one key at once, one wins") { bench in
            try bench.layer("base", on: nil) { _ in }
            let won = Atomic(0)
            try together(16) { number in
                for round in 0..<5 {
                    if (try? bench.layers.prepare("same-\(round)", parent: "base", labels: [:])) != nil {
                        won.add(1, ordering: .relaxed)
                    }
                    _ = try bench.layers.prepare("own-\(number)-\(round)", parent: "base", labels: [:])
                }
            }
            try requireEqual(won.load(ordering: .relaxed), 5, "winners of 5 rounds")
            var count = 0
            try bench.layers.walk(SnapshotFilter(kind: .active)) { _ in count += 1 }
            try requireEqual(count, 85, "active snapshots")
        },
    ]

    private static func refusesWrites(_ path: String) throws {
        do {
            try Tree.write(path + "/new", "x")
        } catch let error as Errno {
            try requireEqual(error, .readOnly, "error of a write to a view")
            return
        }
        throw CheckFailure("a view took a write")
    }

    /// Runs `body` on so many threads, and throws the first error.
    static func together(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        struct State: Sendable {
            var running: Int
            var failure: (any Error)?
        }
        let state = Monitor<State>(State(running: count))
        for number in 0..<count {
            try Threads.start("check") {
                let result = Result { try body(number) }
                state.with { state in
                    if case .failure(let error) = result, state.failure == nil { state.failure = error }
                    state.running -= 1
                }
                state.wakeAll()
            }
        }
        let failure = state.wait { $0.running == 0 ? [$0.failure] : nil }
        if let error = failure?.first ?? nil { throw error }
    }
}
