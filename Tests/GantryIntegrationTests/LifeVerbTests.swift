import GantryClient
import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// `pause`, `rename`, `top`, `stats` and `events`.
    @Suite struct LifeVerbTests {
        @Test(arguments: ["crun", "runc"])
        func aPausedContainerStandsStill(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--name", "ticks", "--runtime", runtime, "busybox", "sh", "-c",
                    "i=0; while :; do echo $i; i=$((i+1)); sleep 0.01; done")
                func lines() throws -> Int { try engine.must("logs", "ticks").split(separator: "\n").count }
                try waitUntil("ticks") { try lines() > 5 }
                #expect(try engine.must("pause", "ticks") == "ticks")
                #expect(
                    try engine.must("inspect", "-f", "{{.State.Status}} {{.State.Paused}} {{.State.Running}}", "ticks")
                        == "paused true true")
                #expect(try engine.must("ps", "--format", "{{.Status}}").hasSuffix("(Paused)"))
                let still = try lines()
                Clock.sleep(milliseconds: 300)
                #expect(try lines() == still)
                // What makes no sense now says what does.
                for (command, word) in [
                    (["pause", "ticks"], "paused already"), (["exec", "ticks", "true"], "unpause it first"),
                    (["start", "ticks"], "unpause"), (["rm", "ticks"], "it is paused"),
                    (["attach", "ticks"], "paused container"),
                ] {
                    let refused = try engine.run(command)
                    #expect(refused.status != 0, "\(command)")
                    #expect(refused.errorText.contains(word), "\(command): \(refused.errorText)")
                }
                // It stays so over a restart of the daemon.
                try engine.kill()
                try engine.start()
                #expect(try engine.summary("ticks")["state"] == "paused")
                #expect(try engine.must("unpause", "ticks") == "ticks")
                try waitUntil("it goes on") { try lines() > still }
                #expect(try engine.run(["unpause", "ticks"]).errorText.contains("not paused"))
                // A paused one can be stopped, killed and removed by force.
                try engine.must("pause", "ticks")
                try engine.must("stop", "-t", "1", "ticks")
                #expect(try engine.summary("ticks")["state"] == "exited")
                #expect(try engine.run(["pause", "ticks"]).errorText.contains("not running"))
                try engine.must("start", "ticks")
                try engine.must("pause", "ticks")
                try engine.must("kill", "ticks")
                try engine.must("wait", "ticks")
                try engine.must("start", "ticks")
                try engine.must("pause", "ticks")
                try engine.must("rm", "-f", "ticks")
            }
        }

        @Test func aRowThatIsBehindTheKernelIsMended() throws {
            try withEngine { (engine: Engine) throws in
                let id = try engine.must("run", "-d", "--name", "caught", "busybox", "sleep", "1000")
                let files = CgroupFiles(id: id)
                // As if the daemon had died between the kernel's freeze and its own row.
                try engine.kill()
                try files.freeze(true)
                try engine.start()
                #expect(try engine.summary("caught")["state"] == "paused")
                try engine.kill()
                try files.freeze(false)
                try engine.start()
                #expect(try engine.summary("caught")["state"] == "running")
            }
        }

        @Test func renaming() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "-d", "--name", "before", "busybox", "sleep", "1000")
                try engine.must("create", "--name", "taken", "busybox", "true")
                #expect(try engine.must("rename", "before", "after") == "")
                #expect(try engine.must("ps", "--format", "{{.Names}}") == "after")
                #expect(try engine.run(["inspect", "before"]).status == 1)
                for (name, word) in [
                    ("taken", "has this name"), ("after", "already"), ("no/name", "name"), ("x", "name"),
                ] {
                    let refused = try engine.run(["rename", "after", name])
                    #expect(refused.status == 1)
                    #expect(refused.errorText.contains(word), "\(refused.errorText)")
                }
                try engine.restart()
                #expect(try engine.must("inspect", "-f", "{{.Name}}", "after") == "/after")
                try engine.must("rename", "taken", "before")
                #expect(try engine.must("ps", "-a", "--format", "{{.Names}}") == "before\nafter")
            }
        }

        @Test func processesAreListed() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--name", "family", "busybox", "sh", "-c", "sleep 1001 & sleep 100$((1+1)) & wait")
                try waitUntil("its processes run") { try engine.must("top", "family").contains("sleep 1002") }
                let lines = try engine.must("top", "family").split(separator: "\n").map(String.init)
                #expect(lines[0].hasPrefix("UID"))
                #expect(lines.count == 4)
                let pid = try engine.must("inspect", "-f", "{{.State.Pid}}", "family")
                let own = try engine.must("top", "family", "-o", "pid,comm").split(separator: "\n").map(String.init)
                #expect(own[0].hasPrefix("PID"))
                #expect(own.contains { $0.hasPrefix(pid + " ") && $0.hasSuffix("sh") })
                // A single column, which ps writes with spaces before it.
                let single = try engine.must("top", "family", "-o", "pid").split(separator: "\n").map(String.init)
                #expect(single.count == 4 && single.contains(pid), "\(single)")
                #expect(try engine.run(["top", "family", "-o", "comm"]).errorText.contains("PID"))
                #expect(try engine.run(["top", "family", "--no-such-option"]).errorText.contains("ps says"))
                try engine.must("create", "--name", "idle", "busybox", "true")
                #expect(try engine.run(["top", "idle"]).errorText.contains("not running"))
            }
        }

        @Test func figuresAreTheKernels() throws {
            try withEngine { (engine: Engine) throws in
                let id = try engine.must(
                    "run", "-d", "--name", "busy", "-m", "64m", "--pids-limit", "20", "busybox", "sh", "-c",
                    "sleep 1001 & while :; do :; done")
                try engine.must("create", "--name", "idle", "busybox", "true")
                let line = try engine.must(
                    "stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}} {{.CPUPerc}} {{.MemUsage}}", "busy")
                let words = line.split(separator: " ").map(String.init)
                #expect(words[0] == "busy")
                #expect(words[1] == "2")
                // Half a second of an endless loop: some processor time, and not more than there are processors.
                let percent = try #require(Double(words[2].dropLast()))
                #expect(percent > 1 && percent <= Double(Processes.count) * 100 + 20, "\(line)")
                #expect(words[5] == "64MiB", "\(line)")
                // What the protocol says is what the files say, as they stood before and after.
                let files = CgroupFiles(id: id)
                let client = try engine.client()
                let before = files.processorTime
                let told = try #require(
                    client.call("containers.stats", ["containers": ["busy"]])["stats"]?.array?.first)
                let after = files.processorTime
                let cpu = try #require(told["cpu"]?.int)
                #expect(before <= cpu && cpu <= after)
                #expect(told["memoryLimit"]?.int == 64 << 20)
                #expect(told["pidsLimit"]?.int == 20)
                #expect(told["pids"]?.int == files.processes)
                #expect((told["memory"]?.int ?? 0) > 0)
                #expect(told["memoryPeak"]?.int ?? 0 >= told["memory"]?.int ?? 0)
                // Those that do not run are shown when they are asked for.
                #expect(try engine.must("stats", "--no-stream", "--format", "{{.Name}}") == "busy")
                #expect(
                    try engine.must("stats", "--no-stream", "-a", "--format", "{{.Name}} {{.PIDs}}").split(
                        separator: "\n"
                    )
                    .sorted() == ["busy 2", "idle --"])
                let table = try engine.must("stats", "--no-stream", "busy")
                #expect(table.hasPrefix("CONTAINER ID   NAME      CPU %"))
                #expect(try engine.run(["stats", "--no-stream", "nobody"]).status == 1)
                // A picture a second until it is interrupted.
                let live = try engine.begin(["stats", "--format", "{{.Name}}"])
                try live.waitForOutput("busy\nbusy")
                try live.signal(Signals.interrupt)
                _ = try live.wait()
            }
        }

        @Test func eventsAreTold() throws {
            try withEngine { (engine: Engine) throws in
                let follower = try engine.begin(["events", "--format", "{{.Sequence}} {{.Type}} {{.Action}}"])
                defer { try? follower.signal(Signals.kill) }
                Clock.sleep(milliseconds: 300)
                let id = try engine.must("run", "-d", "--name", "told", "-l", "role=front", "busybox", "sleep", "1000")
                try engine.must("pause", "told")
                try engine.must("unpause", "told")
                try engine.must("rename", "told", "retold")
                try engine.must("update", "--pids-limit", "10", "retold")
                // A follower loses nothing when the daemon is killed under it.
                try engine.kill()
                try engine.start()
                try engine.must("kill", "retold")
                try engine.must("wait", "retold")
                try engine.must("rm", "retold")
                try follower.waitForOutput("container destroy")
                try follower.signal(Signals.interrupt)
                let seen = try follower.wait().text.split(separator: "\n").map {
                    $0.split(separator: " ").map(String.init)
                }
                let actions = seen.filter { $0[1] == "container" }.map { $0[2] }
                #expect(
                    Set(actions)
                        == ["create", "start", "pause", "unpause", "rename", "update", "kill", "die", "destroy"])
                let numbers = seen.compactMap { Int($0[0]) }
                #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count, "\(numbers)")
                func told(_ options: String...) throws -> [String] {
                    try engine.run(["events", "--until", "0s", "--format", "{{.Action}}"] + options).lines
                }
                #expect(try told("--since", "0", "-f", "container=retold", "-f", "event=die") == ["die"])
                #expect(try told("--since", "0", "-f", "container=told", "-f", "event=start") == ["start"])
                #expect(try told("--since", "0", "-f", "container=\(id.prefix(12))", "-f", "type=container").count >= 9)
                #expect(try told("--since", "10m", "-f", "event=pause", "-f", "event=unpause") == ["pause", "unpause"])
                #expect(try told("--since", "2000000000", "-f", "type=container") == [])
                #expect(try told("--since", "\(numbers[numbers.count - 2])") == ["destroy"])
                let line = try engine.must("events", "--since", "0", "--until", "0s", "-f", "event=die")
                #expect(line.contains(" container die \(id) (exitCode=137,"), "\(line)")
                for (options, word) in [(["-f", "color=blue"], "color"), (["--since", "soon"], "soon")] {
                    let refused = try engine.run(["events", "--until", "0s"] + options)
                    #expect(refused.status == 1)
                    #expect(refused.errorText.contains(word))
                }
            }
        }
    }
}
