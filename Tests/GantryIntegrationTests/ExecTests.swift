import GantryClient
import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// More processes in a running container.
    @Suite struct ExecTests {
        private func running(_ engine: Engine, _ name: String, _ options: String...) throws {
            let outcome = try engine.run(["run", "-d", "--name", name] + options + ["busybox", "sleep", "1000"])
            try #require(outcome.status == 0, "\(outcome.errorText)")
        }

        @Test(arguments: ["crun", "runc"])
        func optionsAndStreams(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                try running(engine, "box", "--runtime", runtime, "-e", "FROM=container", "-w", "/etc")
                #expect(try engine.must("exec", "box", "sh", "-c", "echo $FROM; pwd; id -u") == "container\n/etc\n0")
                let given = try engine.must(
                    "exec", "-e", "FROM=exec", "-e", "MORE=1", "-w", "/tmp", "-u", "nobody:12", "box", "sh", "-c",
                    "echo $FROM $MORE; pwd; id -un; id -g; echo $HOME")
                #expect(given == "exec 1\n/tmp\nnobody\n12\n/nonexistent")
                let streams = try engine.run(
                    ["exec", "-i", "box", "sh", "-c", "cat; echo err >&2; exit 9"], input: .text("through"))
                #expect(streams.text == "through")
                #expect(streams.errorText == "err")
                #expect(streams.status == 9)
                #expect(try engine.must("exec", "box", "cat", input: .text("without -i nothing comes")) == "")
                // crun sets the size beside the process, not before it: who asks at once may be too early, and gets a
                // SIGWINCH instead.
                let terminal = try engine.onTerminal(
                    "exec", "-it", "box", "sh", "-c", "sleep 0.3; stty size; tty; exit 2", rows: 30)
                try terminal.waitFor("30 80\r\n/dev/pts/0")
                #expect(try terminal.wait() == 2)
                try engine.must("exec", "-d", "box", "sh", "-c", "echo done > /tmp/detached")
                try engine.eventually { try engine.run(["exec", "box", "cat", "/tmp/detached"]).text == "done" }
            }
        }

        @Test(arguments: ["crun", "runc"])
        func exitStatuses(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                try running(engine, "box", "--runtime", runtime)
                func status(_ arguments: String...) throws -> Int32 { try engine.run(["exec"] + arguments).status }
                #expect(try status("box", "true") == 0)
                #expect(try status("box", "sh", "-c", "exit 42") == 42)
                #expect(try status("box", "sh", "-c", "kill -9 $$") == 137)
                #expect(try status("box", "nosuch") == 127)
                #expect(try status("box", "/nosuch/program") == 127)
                #expect(try status("box", "/etc/passwd") == 126)
                #expect(try status("box", "/etc") == 126)
                #expect(try status("-d", "box", "nosuch") == 127)
                #expect(try status("-u", "nosuch", "box", "true") == 1)
                #expect(try status("-w", "relative", "box", "true") == 1)
                #expect(try status("nobody", "true") == 1)
                #expect(try status("box") == 1)
                try engine.must("kill", "box")
                try engine.must("wait", "box")
                let stopped = try engine.run(["exec", "box", "true"])
                #expect(stopped.status == 1)
                #expect(stopped.errorText == "Error: exec in container 'box': it is not running")
            }
        }

        @Test func fiftyAtOnceAndNothingIsLeft() throws {
            try withEngine { (engine: Engine) throws in
                try running(engine, "box")
                let shim = try engine.shim("box")
                let before = try Directory.list("/proc/\(shim)/fd").count
                let programs = try (0..<50).map { number in
                    try engine.begin(
                        ["exec", "-i", "box", "sh", "-c", "cat; exit \(number)"], input: .text("input \(number)"))
                }
                for (number, program) in programs.enumerated() {
                    let outcome = try program.wait(seconds: 60)
                    #expect(outcome.status == Int32(number))
                    #expect(outcome.text == "input \(number)")
                }
                // The container's first process, and the one that looks.
                try engine.eventually { try engine.processes("box").count == 2 }
                try engine.eventually { try Directory.list("/proc/\(shim)/fd").count == before }
                let files = try Directory.list(engine.state + "/tasks/default").first.map { task in
                    try Directory.list(engine.state + "/tasks/default/" + task.name).map(\.name)
                }
                #expect(files?.contains { $0.hasPrefix("exec-") } == false)
            }
        }

        @Test func whoseClientIsKilledIsHungUp() throws {
            try withEngine { (engine: Engine) throws in
                try running(engine, "box")
                let plain = try engine.begin(["exec", "-i", "box", "sh", "-c", "echo up; sleep 4711"], input: .held)
                try plain.waitForOutput("up")
                let terminal = try engine.onTerminal("exec", "-it", "box", "sleep", "4712")
                // One that does not listen to the hang-up is killed after ten seconds; not waited for here.
                try engine.eventually {
                    try engine.must("exec", "box", "pidof", "sleep").split(separator: " ").count == 3
                }
                try plain.signal(Signals.kill)
                try Processes.signal(pid: terminal.pid, Signals.kill)
                _ = try plain.wait()
                _ = try terminal.wait()
                try engine.eventually {
                    try engine.must("exec", "box", "pidof", "sleep").split(separator: " ").count == 1
                }
            }
        }

        @Test func noneIsLostWhenTheDaemonIsKilled() throws {
            try withEngine { (engine: Engine) throws in
                try running(engine, "box")
                let programs = try (0..<20).map { number in
                    try engine.begin(["exec", "-i", "box", "sh", "-c", "echo up; read n; exit $n"], input: .held)
                }
                for program in programs { try program.waitForOutput("up") }
                try engine.kill()
                for (number, program) in programs.enumerated() { try program.type("\(number)\n") }
                for (number, program) in programs.enumerated() {
                    #expect(try program.wait().status == Int32(number))
                }
                try engine.start()
                #expect(try engine.must("exec", "box", "echo", "again") == "again")
            }
        }

        @Test func theContainersEndEndsThem() throws {
            try withEngine { (engine: Engine) throws in
                try running(engine, "box")
                let program = try engine.begin(["exec", "box", "sh", "-c", "echo up; sleep 4711"])
                try program.waitForOutput("up")
                try engine.must("kill", "box")
                #expect(try program.wait().status == 137)
            }
        }

        /// What is prepared and never started expires; the list shows who is there.
        @Test func theListOfThem() throws {
            try withEngine { (engine: Engine) throws in
                try running(engine, "box")
                let client = try engine.client()
                let prepared = try client.call("tasks.exec", ["container": "box", "command": ["sleep", "1"]])
                let started = try client.call(
                    "tasks.exec", ["container": "box", "command": ["sleep", "1000"], "detach": true])
                let list = try client.call("tasks.execs", ["container": "box"])["execs"]?.array ?? []
                #expect(list.count == 2)
                #expect(list[0]["exec"] == prepared["exec"])
                #expect(list[0]["state"] == "prepared")
                #expect(list[1]["pid"] == started["pid"])
                #expect(list[1]["state"] == "running")
                #expect(list[1]["command"] == ["sleep", "1000"])
            }
        }
    }
}

extension Engine {
    /// The pid of a container's shim, by the card it left.
    func shim(_ container: String) throws -> Int64 {
        let id = try summary(container)["id"]?.string ?? ""
        let card = try JSON.parse(try File.contents(state + "/tasks/default/\(id)/shim.json"))
        return card["pid"]?.int ?? 0
    }

    /// What runs in a container, a line of ps(1) each, ps itself included.
    func processes(_ container: String) throws -> [String] {
        Array(try run(["exec", container, "ps", "-o", "pid,args"]).lines.dropFirst())
    }

    /// Asks again for up to ten seconds until it is so; an error counts as no.
    func eventually(_ condition: () throws -> Bool) throws {
        for _ in 0..<200 {
            if (try? condition()) == true { return }
            Clock.sleep(milliseconds: 50)
        }
        throw Program.TimedOut(description: "what was to happen did not, within ten seconds")
    }
}
