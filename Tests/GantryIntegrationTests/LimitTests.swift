import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// Limits: what is asked for is what the kernel's files say, and what is wrong is refused before anything is made.
    @Suite struct LimitTests {
        private static func file(
            _ engine: Engine, _ name: String, _ controller: String, _ file: String, unified: String
        ) throws -> String {
            CgroupFiles(id: try engine.must("inspect", "-f", "{{.Id}}", name)).line(controller, file, unified: unified)
        }

        private static func memory(_ engine: Engine, _ name: String) throws -> String {
            try file(engine, name, "memory", "memory.limit_in_bytes", unified: "memory.max")
        }

        private static func pids(_ engine: Engine, _ name: String) throws -> String {
            try file(engine, name, "pids", "pids.max", unified: "pids.max")
        }

        private static func quota(_ engine: Engine, _ name: String) throws -> String {
            try file(engine, name, "cpu", "cpu.cfs_quota_us", unified: "cpu.max")
        }

        @Test(arguments: ["crun", "runc"])
        func theKernelHasThem(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--name", "limited", "--runtime", runtime, "-m", "64m", "--memory-swap", "96m",
                    "--memory-reservation", "32m", "--cpus", "0.5", "-c", "512", "--cpuset-cpus", "0", "--pids-limit",
                    "50", "busybox", "sleep", "1000")
                #expect(try Self.memory(engine, "limited") == "\(64 << 20)")
                #expect(try Self.pids(engine, "limited") == "50")
                #expect(try Self.quota(engine, "limited").hasPrefix("50000"))
                // Version 2 has a limit for swap alone, and weights of 1 to 10000 where version 1 has 2 to 262144.
                let swap = try Self.file(
                    engine, "limited", "memory", "memory.memsw.limit_in_bytes", unified: "memory.swap.max")
                #expect(swap == "\((CgroupFiles.isUnified ? 32 : 96) << 20)")
                let shares = try Self.file(engine, "limited", "cpu", "cpu.shares", unified: "cpu.weight")
                #expect(shares == (CgroupFiles.isUnified ? "20" : "512"))
                let reservation = try Self.file(
                    engine, "limited", "memory", "memory.soft_limit_in_bytes", unified: "memory.low")
                #expect(reservation == "\(32 << 20)")
                #expect(try Self.file(engine, "limited", "cpuset", "cpuset.cpus", unified: "cpuset.cpus") == "0")
                let shown = try engine.must(
                    "inspect", "-f",
                    "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}} {{.HostConfig.CpuShares}} {{.HostConfig.CpusetCpus}} {{.HostConfig.PidsLimit}}",
                    "limited")
                #expect(shown == "\(64 << 20) \(96 << 20) 500000000 512 0 50")
            }
        }

        @Test(arguments: ["crun", "runc"])
        func updateChangesThem(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--name", "changing", "--runtime", runtime, "-m", "64m", "--cpus", "0.5", "busybox",
                    "sleep", "1000")
                #expect(
                    try engine.must("update", "-m", "128m", "--pids-limit", "77", "--cpus", "1.25", "changing")
                        == "changing")
                #expect(try Self.memory(engine, "changing") == "\(128 << 20)")
                #expect(try Self.pids(engine, "changing") == "77")
                #expect(try Self.quota(engine, "changing").hasPrefix("125000"))
                // Taken away again.
                try engine.must("update", "--pids-limit", "-1", "changing")
                #expect(try Self.pids(engine, "changing") == "max")
                #expect(try Self.memory(engine, "changing") == "\(128 << 20)", "what is not named stays")
                try engine.must("update", "-m", "0", "--cpus", "0", "changing")
                #expect(try ["max", "9223372036854771712"].contains(Self.memory(engine, "changing")))
                #expect(try ["-1", "max 100000"].contains(Self.quota(engine, "changing")))
                try engine.must("update", "-m", "128m", "--memory-swap", "-1", "changing")
                #expect(try Self.memory(engine, "changing") == "\(128 << 20)")
                // They are the container's: another start has them too.
                try engine.must("restart", "-t", "0", "changing")
                #expect(try Self.memory(engine, "changing") == "\(128 << 20)")
                try engine.must("stop", "-t", "0", "changing")
                try engine.must("update", "-m", "96m", "changing")
                try engine.must("start", "changing")
                #expect(try Self.memory(engine, "changing") == "\(96 << 20)")
                let nothing = try engine.run(["update", "changing"])
                #expect(nothing.status == 1)
                #expect(nothing.errorText.contains("at least one limit"))
                // More than it may have is in use already: the kernel refuses, and everything is as it was.
                try engine.must(
                    "run", "-d", "--name", "full", "--runtime", runtime, "-m", "128m", "--memory-swap", "128m",
                    "--shm-size",
                    "100m", "busybox", "sh", "-c", "head -c 60m /dev/zero > /dev/shm/f; sleep 1000")
                try waitUntil("its memory is full") {
                    try engine.run(["exec", "full", "stat", "-c", "%s", "/dev/shm/f"]).text == "\(60 << 20)"
                }
                let refused = try engine.run(["update", "-m", "16m", "--memory-swap", "16m", "full"])
                #expect(refused.status == 1)
                #expect(refused.errorText.contains("update container"))
                #expect(try Self.memory(engine, "full") == "\(128 << 20)")
                #expect(try engine.must("inspect", "-f", "{{.HostConfig.Memory}}", "full") == "\(128 << 20)")
                #expect(try engine.summary("full")["state"] == "running")
            }
        }

        /// The machines on which version 1 has weights have BFQ, too; there the test would depend on its disks.
        @Test(
            .enabled(
                if: Machine.read("/sys/fs/cgroup/cgroup.controllers").contains("io"), "needs io of unified cgroups"),
            arguments: ["crun", "runc"])
        func aWeightForBlockDevices(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--name", "weighed", "--runtime", runtime, "--blkio-weight", "500", "busybox", "sleep",
                    "1000")
                // 10 to 1000 of docker's are 1 to 10000 of the kernel's.
                #expect(try Self.file(engine, "weighed", "io", "", unified: "io.weight") == "default 4950")
            }
        }

        @Test func wrongOnesAreRefusedBeforeAnythingIsMade() throws {
            try withEngine { (engine: Engine) throws in
                let wrong = [
                    ["-m", "1m"], ["-m", "lots"], ["-m", "64m", "--memory-swap", "32m"], ["--memory-swap", "64m"],
                    ["-m", "64m", "--memory-reservation", "128m"], ["--memory-swappiness", "101"], ["--cpus", "many"],
                    ["--cpus", "-1"], ["--cpus", "4096"], ["--cpus", "0.001"], ["--cpus", "1", "--cpu-quota", "50000"],
                    ["--cpu-shares", "1"], ["--cpu-period", "10"], ["--cpu-quota", "10"], ["--cpuset-cpus", "1-"],
                    ["--cpuset-cpus", "4000"], ["--cpuset-mems", "99"], ["--pids-limit", "-2"],
                    ["--pids-limit", "some"], ["--blkio-weight", "5"], ["--cgroup-parent", "/../up"],
                    ["--annotation", "=x"],
                ]
                for options in wrong {
                    let outcome = try engine.run(["run", "--rm"] + options + ["busybox", "true"])
                    #expect(outcome.status == 125, "\(options)")
                    // The option, as it was typed or as the protocol has it, and what would be right.
                    let option = (options[0] == "-m" ? "memory" : options[0]).replacing("-", with: "")
                    let words = outcome.errorText
                    #expect(words.lowercased().replacing("-", with: "").contains(option), "\(options): \(words)")
                    let hints = ["such as", "here are", "only", "above", "excludes", "less than"]
                    #expect(hints.contains { words.contains($0) }, "\(options): \(words)")
                }
                #expect(try engine.must("ps", "-aq") == "")
            }
        }

        @Test func theOutOfMemoryKillerIsNoticed() throws {
            try withEngine { (engine: Engine) throws in
                let eater = "x=0123456789abcdef; while :; do x=$x$x; done"
                let dead = try engine.run([
                    "run", "--name", "eater", "-m", "16m", "--memory-swap", "16m", "busybox", "sh", "-c", eater,
                ])
                #expect(dead.status == 137)
                #expect(
                    try engine.must("inspect", "-f", "{{.State.OOMKilled}} {{.State.ExitCode}}", "eater") == "true 137")
                #expect(
                    try engine.must("ps", "-a", "--format", "{{.Status}}", "-f", "name=eater").contains("out of memory")
                )
                // One of its processes only: the container lives, and inspect knows all the same.
                try engine.must(
                    "run", "-d", "--name", "parent", "-m", "16m", "--memory-swap", "16m", "busybox", "sh", "-c",
                    "sh -c '\(eater)'; sleep 1000")
                try waitUntil("the kill is noticed") {
                    try engine.must("inspect", "-f", "{{.State.OOMKilled}}", "parent") == "true"
                }
                #expect(try engine.summary("parent")["state"] == "running")
                try waitUntil("it is so") {
                    try engine.must("events", "--since", "0", "--until", "0s", "--filter", "event=oom").contains(
                        "name=parent")
                }
                let events = try engine.must("events", "--since", "0", "--until", "0s", "--filter", "event=oom")
                #expect(events.split(separator: "\n").count == 2, "\(events)")
            }
        }

        @Test func aCgroupOfTheUsersOwn() throws {
            try withEngine { (engine: Engine) throws in
                let withSystemd = try engine.usesSystemd
                let parent = "gantryx\(Processes.current)" + (withSystemd ? ".slice" : "")
                let tops = CgroupFiles.tops
                defer { for top in tops { try? Path.removeDirectory("\(top)/\(parent)") } }
                try engine.must("run", "-d", "--name", "below", "--cgroup-parent", parent, "busybox", "sleep", "1000")
                let id = try engine.must("inspect", "-f", "{{.Id}}", "below")
                let name = withSystemd ? "gantry-\(id).scope" : id
                #expect(Path.exists("\(tops[0])/\(parent)/\(name)/cgroup.procs"))
                // What is known of a cgroup outlives the daemon.
                try engine.kill()
                try engine.start()
                try engine.must("pause", "below")
                try engine.must("unpause", "below")
                #expect(try engine.must("stats", "--no-stream", "--format", "{{.PIDs}}", "below") == "1")
                try engine.must("rm", "-f", "below")
                try waitUntil("its cgroups are gone") { !tops.contains { Path.exists("\($0)/\(parent)/\(name)") } }
            }
        }
    }
}
