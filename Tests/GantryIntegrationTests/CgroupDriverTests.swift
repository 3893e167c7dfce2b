import GantryClient
import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// Where each driver of cgroups puts a container, and who has the last word about its limits there.
    @Suite struct CgroupDriverTests {
        /// Whether systemd is here to be asked for scopes.
        private static let hasSystemd = Path.exists("/run/systemd/system")

        private static func pid(_ engine: Engine, _ name: String) throws -> String {
            try engine.must("inspect", "-f", "{{.State.Pid}}", name)
        }

        @Test(
            .enabled(if: hasSystemd && CgroupFiles.isUnified, "needs systemd as PID 1, and unified cgroups"),
            arguments: ["crun", "runc"])
        func containersAreScopesOfSystemd(_ runtime: String) throws {
            try withEngine(configuration: "cgroup_driver = \"systemd\"\n") { (engine: Engine) throws in
                let id = try engine.must(
                    "run", "-d", "--name", "scope", "--runtime", runtime, "-m", "64m", "busybox", "sleep", "1000")
                let place = Machine.read("/proc/\(try Self.pid(engine, "scope"))/cgroup")
                #expect(place.hasPrefix("0::/gantry.slice/gantry-\(id).scope"), "\(place)")
                func systemd(_ property: String) throws -> String {
                    try engine.shell("systemctl show -P \(property) gantry-\(id).scope").text
                }
                #expect(try systemd("ActiveState") == "active")
                // Nobody asked for a limit on processes: systemd's own default for scopes is none of ours.
                #expect(try systemd("TasksMax") == "infinity")
                // A reload has systemd write what it knows. Limits outlast it as they were set, changed and lifted.
                let files = CgroupFiles(id: id)
                func limits() throws -> [String] {
                    #expect(try engine.shell("systemctl daemon-reload").status == 0)
                    return ["memory.max", "pids.max", "cpu.max"].map { files.line("memory", "", unified: $0) }
                }
                #expect(try limits() == ["\(64 << 20)", "max", "max 100000"])
                try engine.must("update", "-m", "128m", "--pids-limit", "50", "--cpus", "0.5", "scope")
                #expect(try limits() == ["\(128 << 20)", "50", "50000 100000"])
                try engine.must("update", "-m", "0", "--pids-limit", "-1", "--cpus", "0", "scope")
                #expect(try limits() == ["max", "max", "max 100000"])
                try engine.must("rm", "-f", "scope")
                try waitUntil("its scope is gone") { try systemd("ActiveState") == "inactive" }
            }
        }

        @Test(arguments: ["crun", "runc"])
        func containersAreCgroupsOfOurs(_ runtime: String) throws {
            try withEngine(configuration: "cgroup_driver = \"cgroupfs\"\n") { (engine: Engine) throws in
                let id = try engine.must(
                    "run", "-d", "--name", "plain", "--runtime", runtime, "busybox", "sleep", "1000")
                let lines = Machine.read("/proc/\(try Self.pid(engine, "plain"))/cgroup").split(separator: "\n")
                let line = lines.first { $0.hasPrefix("0::") && CgroupFiles.isUnified || $0.contains(":memory:") }
                // Not below the daemon's own, which systemd would take along at a restart of the daemon's unit.
                #expect(line?.hasSuffix(":/gantry/default/\(id)") == true, "\(lines)")
            }
        }

        @Test(arguments: ["crun", "runc"])
        func nothingOfALostShimsContainerStays(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--name", "lost", "--runtime", runtime, "busybox", "sh", "-c",
                    "trap '' TERM HUP; setsid sleep 1001 & (setsid sh -c 'sleep 1002 & sleep 1003; :' &) ; sleep 100$((2+2)); :"
                )
                let pid = try #require(Int32(Self.pid(engine, "lost")))
                try waitUntil("all of its processes run") { try engine.must("top", "lost").contains("sleep 1004") }
                let shown = try engine.must("top", "lost", "-o", "pid").split(separator: "\n")
                let all = shown.compactMap { Int32($0) }
                #expect(all.count == 6 && all.contains(pid), "\(shown)")
                // As when the shim had been killed in the middle of a pause.
                try engine.must("pause", "lost")
                try Processes.signal(pid: engine.shim(of: pid), Signals.kill)
                #expect(try engine.must("wait", "lost") == "137")
                try waitUntil("its processes are gone") {
                    all.allSatisfy { !Path.exists("/proc/\($0)") || Processes.state($0) == "Z" }
                }
                try engine.must("start", "lost")
                #expect(try engine.summary("lost")["state"] == "running")
            }
        }

        @Test(arguments: ["crun", "runc"])
        func figuresOfAContainerThatStandsStill(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                let id = try engine.must(
                    "run", "-d", "--name", "still", "--runtime", runtime, "-m", "64m", "--pids-limit", "30", "busybox",
                    "sh", "-c", "head -c 5m /dev/zero > /dev/shm/f; sleep 1001 & sleep 100$((1+1)); :")
                try waitUntil("it has what it wants") { try engine.must("top", "still").contains("sleep 1002") }
                try engine.must("pause", "still")
                let files = CgroupFiles(id: id)
                func kernel() -> [String: Int64] {
                    [
                        "cpu": files.processorTime, "pids": files.processes,
                        "memory": files.number("memory", "memory.usage_in_bytes", unified: "memory.current"),
                        "memoryPeak": files.number("memory", "memory.max_usage_in_bytes", unified: "memory.peak"),
                    ]
                }
                // Memory that a frozen container holds still changes a little, while the kernel writes its files out.
                for attempt in 1...20 {
                    let before = kernel()
                    let told = try #require(
                        engine.client().call("containers.stats", ["containers": ["still"]])["stats"]?.array?.first)
                    let after = kernel()
                    let wrong = before.filter { name, first in
                        let last = after[name] ?? first
                        return !(min(first, last)...max(first, last)).contains(told[name]?.int ?? -1)
                    }
                    if !wrong.isEmpty, attempt < 20 {
                        Clock.sleep(milliseconds: 100)
                        continue
                    }
                    #expect(wrong.isEmpty, "\(told), but the files said \(before) and then \(after)")
                    #expect(before["memory"] ?? 0 > 5 << 20 && after["memoryPeak"] ?? 0 >= before["memory"] ?? 0)
                    #expect(before["pids"] == 3 && before["cpu"] ?? 0 > 0)
                    #expect(told["memoryLimit"]?.int == 64 << 20)
                    #expect(told["pidsLimit"]?.int == 30)
                    break
                }
            }
        }
    }
}

extension Engine {
    /// Whether containers here are scopes of systemd's.
    var usesSystemd: Bool {
        get throws { try client().call("system.info")["cgroup"]?["driver"]?.string == "systemd" }
    }
}
