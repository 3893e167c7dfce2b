import GantryClient
import GantrySystem
import GantryTesting
import GantryWire
import Testing

extension Integration {
    /// `snapshots.commit` whose daemon dies between the driver and the database: what was in the active snapshot is in one of
    /// the two, and who held it holds it.
    @Suite struct CommitDeathTests {
        private static let noBtrfs = LoopFilesystem.missing("btrfs")
        private static let points = [FailurePoint.commitSealed, .commitRecorded, .commitSettled]

        @Test(arguments: ["overlayfs", "native"], points)
        func builtIn(_ driver: String, _ point: FailurePoint) throws { try live(driver, point) }

        @Test(
            .enabled(
                if: SnapshotterDeathTests.noErofs == nil, "\(Comment(rawValue: SnapshotterDeathTests.noErofs ?? ""))"),
            arguments: points)
        func erofs(_ point: FailurePoint) throws { try live("erofs", point) }

        @Test(.enabled(if: noBtrfs == nil, "\(Comment(rawValue: noBtrfs ?? ""))"), arguments: points)
        func btrfs(_ point: FailurePoint) throws {
            try LoopFilesystem.with("btrfs") { disk in try live("btrfs", point, in: disk.place) }
        }

        private func live(_ driver: String, _ point: FailurePoint, in place: String? = nil) throws {
            try withEngine([], configuration: "snapshotter = \"\(driver)\"\n", in: place) { (engine: Engine) throws in
                try engine.stop()
                engine.daemonEnvironment = ["GANTRY_FAILURE_POINT=\(point.rawValue)@\(engine.scratch)/reached"]
                try engine.start()
                var client = try engine.client()
                _ = try client.call("leases.create", ["id": "holder"])
                let made = try client.call("snapshots.prepare", ["key": "work", "lease": "holder"])
                // Without a parent every driver's mount is a bind of the tree.
                let tree = try #require(made["mounts"]?.array?.first?["source"]?.string)
                try File.replace(tree + "/precious", with: Array("content".utf8), sync: false)
                #expect(throws: (any Error).self) {
                    try client.call("snapshots.commit", ["key": "work", "name": "done"])
                }
                try waitUntil("the daemon has died at \(point.rawValue)") { engine.daemonHasEnded }
                try engine.kill()
                engine.daemonEnvironment = []
                try engine.start()
                client = try engine.client()
                let names = try client.strings("name", of: "snapshots.list")
                #expect(names == [point == .commitSealed ? "work" : "done"])
                if point == .commitSealed {
                    _ = try client.call("snapshots.commit", ["key": "work", "name": "done"])
                }
                let done = try client.call("snapshots.inspect", ["key": "done"])
                #expect(done["leases"] == ["holder"] && done["kind"] == "committed")
                let changes = try client.call("snapshots.diff", ["key": "done"])["changes"]?.array ?? []
                #expect(changes.contains { $0["path"] == "/precious" }, "\(changes)")
                _ = try client.call("leases.delete", ["id": "holder"])
                let directory = "\(engine.root)/snapshots/\(driver)"
                try waitUntil("all is gone") { () throws in
                    try Directory.list(directory).map(\.name) == ["trash"]
                        && Directory.list(directory + "/trash").isEmpty
                }
            }
        }
    }
}
