import GantryClient
import GantryModel
import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// `gantry snapshot …`: what people see of snapshots, and what they can remove.
    @Suite struct SnapshotViewTests {
        static let drivers = ["overlayfs", "native"]

        @Test(arguments: drivers) func whatIsSeen(_ driver: String) throws {
            try withEngine([Images.busybox], configuration: "snapshotter = \"\(driver)\"\n") {
                (engine: Engine) throws in
                try engine.must("run", "--name", "web", "busybox", "sh", "-c", "echo hello > /new; rm /bin/ls")
                let id = try engine.id("web")
                let rows = try engine.must("snapshot", "ls", "--format", "{{.Key}} {{.Kind}} {{.UsedBy}}").split(
                    separator: "\n")
                #expect(rows.count == 2)
                #expect(rows.contains("\(id.prefix(12)) active web"))
                #expect(rows.contains { $0.hasSuffix("committed busybox:latest, web") }, "\(rows)")
                #expect(try engine.must("snapshot", "ls").hasPrefix("KEY            PARENT"))
                #expect(try engine.must("snapshot", "ls", "-q", "--filter", "kind=active") == String(id.prefix(12)))
                let base = try engine.must("snapshot", "ls", "-q", "--no-trunc", "--filter", "kind=committed")
                #expect(base.hasPrefix("sha256:"))
                let short = String(base.dropFirst(7).prefix(10))
                #expect(
                    try engine.must("snapshot", "ls", "-q", "--filter", "parent=\(short)") == String(id.prefix(12)))
                #expect(try engine.must("snapshot", "ls", "-q", "--filter", "label=none") == "")
                #expect(try engine.run(["snapshot", "ls", "--filter", "what=1"]).errorText.contains("no such filter"))
                let tree = try engine.must("snapshot", "tree").split(separator: "\n")
                #expect(tree.count == 3 && tree[0] == "\(driver)"[...])
                #expect(tree[1].hasPrefix("└── \(short)") && tree[1].hasSuffix("image busybox:latest"))
                #expect(tree[2].hasPrefix("    └── \(id.prefix(12))") && tree[2].hasSuffix("active  container web"))
                let usage = try engine.must("snapshot", "usage")
                #expect(usage.split(separator: "\n").count == 4 && usage.contains("TOTAL"))
                #expect(try engine.must("snapshot", "usage", short).split(separator: "\n").count == 3)
                let info = try JSON.parse(Array(engine.must("snapshot", "info", String(id.prefix(6))).utf8))
                #expect(info["name"]?.string == id && info["parent"]?.string == base)
                #expect(info["containers"]?.array?.first?.string == "web" && info["mounts"]?.array?.isEmpty == false)
                // The same as of the container, and of a layer all that it has.
                let changes = try engine.must("snapshot", "diff", id)
                #expect(changes.contains("A /new") && changes.contains("D /bin/ls"), "\(changes)")
                #expect(try engine.must("snapshot", "diff", short).contains("A /bin"))
                #expect(try engine.must("snapshot", "diff", id, short) == changes)
                #expect(try engine.must("snapshot", "diff", short, id).contains("A /bin/ls"))
                let seen = try engine.shell(
                    "eval \"$(gantry snapshot mounts --read-only \(id) \(engine.scratch))\" && cat \(engine.scratch)/new; touch \(engine.scratch)/no; umount \(engine.scratch)"
                )
                #expect(seen.text == "hello" && seen.errorText.contains("Read-only"))
                #expect(try engine.run(["snapshot", "mounts", short]).errorText.contains("committed"))
                // What is needed stays, with who needs it.
                #expect(try engine.run(["snapshot", "rm", id]).errorText.contains("container 'web' needs it"))
                #expect(try engine.run(["snapshot", "rm", short]).errorText.contains("needs it"))
                #expect(try engine.run(["snapshot", "info", "nope"]).errorText.contains("no such snapshot"))
                #expect(try engine.must("snapshot", "prune", "-f") == "Total reclaimed space: 0B")
                try engine.must("rm", "web")
                #expect(
                    try engine.run(["snapshot", "rm", short]).errorText.contains("image 'busybox:latest' needs it"))
            }
        }

        /// What engines of others do: under a lease, and without.
        @Test(arguments: drivers) func whatOthersMake(_ driver: String) throws {
            try withEngine([], configuration: "snapshotter = \"\(driver)\"\n") { (engine: Engine) throws in
                let client = try engine.client()
                let lease = try client.call("leases.create", ["id": "work"])["id"] ?? ""
                _ = try client.call("snapshots.prepare", ["key": "draft", "lease": lease])
                _ = try client.call("snapshots.commit", ["key": "draft", "name": "base", "lease": lease])
                #expect(try engine.snapshots(driver) == ["base"])
                // The lease holds it, under its new name.
                let refused = try engine.run(["snapshot", "rm", "base"])
                #expect(refused.status == 1 && refused.errorText.contains("work"), "\(refused.errorText)")
                _ = try client.call("snapshots.prepare", ["key": "top", "parent": "base", "lease": lease])
                #expect(try engine.must("snapshot", "prune", "-f", "-a") == "Total reclaimed space: 0B")
                // Its own lease is no reason to keep it.
                _ = try client.call("snapshots.remove", ["key": "top", "lease": lease])
                #expect(try engine.snapshots(driver) == ["base"])
                _ = try client.call("leases.delete", ["id": lease])
                try waitUntil("it is collected") { try engine.snapshots(driver).isEmpty }
                // Without a lease nothing holds them, and only who asks for it removes them.
                _ = try client.call("snapshots.prepare", ["key": "one"])
                _ = try client.call("snapshots.commit", ["key": "one", "name": "kept"])
                _ = try client.call("snapshots.prepare", ["key": "two", "parent": "kept"])
                try engine.restart()
                #expect(try engine.snapshots(driver).sorted() == ["kept", "two"])
                #expect(try engine.must("snapshot", "prune", "-f") == "Total reclaimed space: 0B")
                let said = try engine.must("snapshot", "prune", "-f", "--all")
                #expect(said.hasPrefix("Deleted Snapshots:\ntwo\n"), "\(said)")
                try waitUntil("all are gone") { try engine.snapshots(driver).isEmpty }
            }
        }
    }
}
