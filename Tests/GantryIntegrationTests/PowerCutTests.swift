import GantryClient
import GantrySystem
import GantryTesting
import GantryWire
import Testing

extension Integration {
    /// Rows of snapshots are not synced one by one. Here the machine goes down: the database is put back to what was on the
    /// disk before, and the snapshotter believes that another boot wrote it.
    @Suite struct PowerCutTests {
        private static let noBtrfs = LoopFilesystem.missing("btrfs")

        @Test(arguments: ["overlayfs", "native"]) func builtIn(_ driver: String) throws { try live(driver) }

        @Test(.enabled(if: noBtrfs == nil, "\(Comment(rawValue: noBtrfs ?? ""))")) func btrfs() throws {
            try LoopFilesystem.with("btrfs") { disk in try live("btrfs", in: disk.place) }
        }

        private func live(_ driver: String, in place: String? = nil) throws {
            try withEngine([], configuration: "snapshotter = \"\(driver)\"\n", in: place) { (engine: Engine) throws in
                for isOtherBoot in [true, false] {
                    let lease: JSON = .string("held-\(isOtherBoot)")
                    try prepareAndCut(engine, driver, lease, isOtherBoot: isOtherBoot)
                    let client = try engine.client()
                    if isOtherBoot { try checkRestored(client, lease) }
                    _ = try client.call("leases.delete", ["id": lease])
                    for key in try client.strings("name", of: "snapshots.list") where key == "loose" || key == "base" {
                        _ = try? client.call("snapshots.remove", ["key": .string(key)])
                    }
                    let directory = "\(engine.root)/snapshots/\(driver)"
                    try waitUntil("all is gone") { () throws in
                        try Directory.list(directory).map(\.name) == ["trash"]
                            && Directory.list(directory + "/trash").isEmpty
                    }
                }
            }
        }

        private func prepareAndCut(_ engine: Engine, _ driver: String, _ lease: JSON, isOtherBoot: Bool) throws {
            var client = try engine.client()
            _ = try client.call("leases.create", ["id": lease])
            _ = try client.call("snapshots.prepare", ["key": "gone", "lease": lease])
            let saved = "\(engine.scratch)/meta"
            try Directory.removeTree(saved)
            try Path.makeDirectory(saved)
            let meta = "\(engine.root)/meta"
            // What is on the disk; nobody writes while nobody calls.
            for name in ["gantry.db", "gantry.db-wal"] {
                try File.replace("\(saved)/\(name)", with: File.contents("\(meta)/\(name)"), sync: false)
            }
            _ = try client.call("snapshots.prepare", ["key": "unpack", "lease": lease])
            _ = try client.call("snapshots.commit", ["key": "unpack", "name": "base"])
            _ = try client.call(
                "snapshots.prepare",
                ["key": "web", "parent": "base", "lease": lease, "labels": ["colour": "blue"]])
            _ = try client.call("snapshots.view", ["key": "loose", "parent": "base"])
            _ = try client.call("snapshots.remove", ["key": "gone", "lease": lease])
            try engine.kill()
            try Path.unlink("\(meta)/gantry.db-shm")
            for name in ["gantry.db", "gantry.db-wal"] {
                try File.replace("\(meta)/\(name)", with: File.contents("\(saved)/\(name)"), sync: false)
            }
            if isOtherBoot { try File.replace("\(meta)/boot.\(driver)", with: Array("another".utf8), sync: false) }
            try engine.start()
            client = try engine.client()
            let names = try client.strings("name", of: "snapshots.list").sorted()
            #expect(names == (isOtherBoot ? ["base", "loose", "web"] : []))
        }

        /// What was answered is there again, with who held it.
        private func checkRestored(_ client: Client, _ lease: JSON) throws {
            let web = try client.call("snapshots.inspect", ["key": "web"])
            #expect(web["kind"]?.string == "active" && web["parent"]?.string == "base")
            #expect(web["labels"] == ["colour": "blue"])
            #expect(web["leases"] == [lease])
            let stat = try client.call("snapshots.stat", ["key": "web"])
            #expect(stat["labels"] == ["colour": "blue"], "nobody sees who owns it among the labels")
            let base = try client.call("snapshots.inspect", ["key": "base"])
            #expect(base["kind"]?.string == "committed" && base["leases"] == [lease], "the key's lease holds the name")
            #expect(base["usage"]?["inodes"]?.int == 1)
            #expect(throws: (any Error).self) { try client.call("snapshots.remove", ["key": "web"]) }
            // And goes on.
            _ = try client.call("snapshots.commit", ["key": "web", "name": "top"])
            _ = try client.call("snapshots.prepare", ["key": "next", "parent": "top", "lease": lease])
        }
    }
}
