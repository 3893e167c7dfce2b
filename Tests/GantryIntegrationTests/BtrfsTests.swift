import GantrySystem
import GantryTesting
import Testing

extension Integration {
    /// Containers whose root is a subvolume, on a btrfs of their own.
    @Suite struct BtrfsTests {
        static let missing = LoopFilesystem.missing("btrfs")

        @Test(.enabled(if: missing == nil, "\(Comment(rawValue: missing ?? ""))"), arguments: ["crun", "runc"])
        func aLife(_ runtime: String) throws {
            try LoopFilesystem.with("btrfs") { disk in
                try withEngine(configuration: "runtime = \"\(runtime)\"\n", in: disk.place) { engine in
                    for owners in ["keep", "auto"] {
                        try Self.live(engine, owners)
                    }
                    // Both drivers side by side, on the same image.
                    #expect(try engine.must("run", "--rm", "busybox", "cat", "/etc/group").contains("root"))
                    try engine.removeAllContainers()
                    for _ in 0..<200 where try Self.subvolumes(disk) > 1 { Clock.sleep(milliseconds: 50) }
                    #expect(try Self.subvolumes(disk) == 1, "the layer of the image alone is left")
                }
            }
        }

        private static func live(_ engine: Engine, _ owners: String) throws {
            let name = "box-" + owners
            let script =
                "echo x > /etc/passwd; rm /etc/group; mkdir -p /new/deep; mv /home /moved; touch /made; sleep 1000"
            try engine.must(
                "run", "-d", "--name", name, "--snapshotter", "btrfs", "--userns", owners, "-v", "/vol", "busybox",
                "sh", "-c", script)
            _ = try engine.shell("until gantry diff \(name) | grep -q made; do sleep 0.1; done")
            let expected = [
                "C /etc", "D /etc/group", "C /etc/passwd", "D /home", "A /made", "A /moved", "A /moved/app", "A /new",
                "A /new/deep",
            ]
            try Self.require(engine, name, changed: expected)
            try engine.kill()
            try engine.start()
            try Self.require(engine, name, changed: expected)
            #expect(try engine.must("exec", name, "ls", "/new") == "deep")
            try engine.restart()
            try engine.must("stop", "-t", "0", name)
            try Self.require(engine, name, changed: expected)
            try engine.must("start", name)
            #expect(try engine.must("exec", name, "cat", "/etc/passwd") == "x")
            try engine.must("rm", "-f", name)
        }

        private static func require(_ engine: Engine, _ name: String, changed expected: [String]) throws {
            let found = try engine.must("diff", name).split(separator: "\n").map(String.init)
            #expect(found == expected, "\(name)")
        }

        private static func subvolumes(_ disk: LoopFilesystem) throws -> Int {
            try LoopFilesystem.run("btrfs", ["subvolume", "list", disk.place]).split(separator: "\n").count
        }

        @Test(.enabled(if: missing == nil, "\(Comment(rawValue: missing ?? ""))"))
        func saysWhyItIsNotThere() throws {
            try LoopFilesystem.with("ext4") { disk in
                try withEngine(in: disk.place) { engine in
                    let refused = try engine.run(["run", "--rm", "--snapshotter", "btrfs", "busybox", "true"])
                    #expect(
                        refused.status != 0 && refused.errorText.contains("is not on btrfs"), "\(refused.errorText)")
                }
            }
        }
    }
}
