import GantryClient
import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// What a docker user does in the first minutes, whoever made the image.
    @Suite struct TourTests {
        @Test(arguments: Images.busyboxes)
        func archivesOfEveryToolRun(_ recipe: Images.Recipe) throws {
            try withEngine([recipe]) { (engine: Engine) throws in
                #expect(try engine.must("images", "--format", "{{.Repository}}:{{.Tag}}") == "busybox:latest")
                #expect(try engine.must("run", "--rm", "busybox", "echo", "hello") == "hello")
                // Loading again changes nothing.
                try engine.must("load", "-i", Images.archive(recipe))
                #expect(try engine.must("images", "-q").split(separator: "\n").count == 1)
            }
        }

        @Test(arguments: Images.several)
        func oneArchiveMayHoldSeveralImages(_ recipe: Images.Recipe) throws {
            try withEngine([]) { (engine: Engine) throws in
                let loaded = try engine.shell("gantry load < '\(Images.archive(recipe))'")
                #expect(loaded.status == 0)
                #expect(loaded.lines.sorted() == ["Loaded image: example/one:latest", "Loaded image: example/two:v2"])
                try engine.must("tag", "example/one", "mine:1")
                #expect(try engine.shell("gantry rmi $(gantry images -q)").status == 0)
                #expect(try engine.must("images", "-q") == "")
                try waitUntil("blobs and snapshots are collected") { () throws in try engine.isEmptyOfContent() }
            }
        }

        @Test func layersStackWithTheirWhiteouts() throws {
            try withEngine([Images.layers]) { (engine: Engine) throws in
                #expect(try engine.must("run", "--rm", "layers", "true") == "")
                #expect(try engine.must("run", "--rm", "--runtime", "runc", "layers", "echo", "runc") == "runc")
            }
        }

        @Test func exitStatusIsTheCommands() throws {
            try withEngine { (engine: Engine) throws in
                for status: Int32 in [0, 1, 42, 125, 255] {
                    #expect(try engine.run(["run", "--rm", "busybox", "sh", "-c", "exit \(status)"]).status == status)
                }
                #expect(
                    try engine.run(["run", "--rm", "busybox", "sh", "-c", "sleep 9 & kill -9 $!; wait $!"]).status
                        == 137)
                #expect(try engine.run(["run", "--rm", "busybox", "/no/such/program"]).status == 127)
                #expect(try engine.run(["run", "--rm", "busybox", "/etc/passwd"]).status == 126)
                #expect(try engine.run(["run", "--rm", "busybox", "/etc"]).status == 126)
                #expect(try engine.run(["run", "--rm", "no-such-image", "true"]).status == 125)
                #expect(try engine.run(["run", "--rm", "-u", "nobody-here", "busybox", "true"]).status == 125)
                #expect(try engine.run(["run", "--rm", "-w", "relative", "busybox", "true"]).status == 125)
                #expect(try engine.run(["run", "--rm", "--runtime", "/no/runtime", "busybox", "true"]).status == 125)
                #expect(try engine.must("ps", "-aq") == "")
            }
        }

        @Test func optionsReachTheContainer() throws {
            try withEngine { (engine: Engine) throws in
                let shared = engine.scratch + "/shared"
                let script = """
                    pwd; id -u; hostname; echo $A $B; cat /etc/hostname; echo written > /shared/new; \
                    grep CapEff /proc/self/status; (echo x > /ro/file) 2>/dev/null || echo read-only; ls /sys/class/net
                    """
                let output = try engine.must(
                    "run", "--rm", "-w", "/made/here", "-u", "0", "--hostname", "name", "-e", "A=1", "-e", "B=2", "-v",
                    "\(shared):/shared", "-v", "\(shared):/ro:ro", "busybox", "sh", "-c", script)
                #expect(
                    output.split(separator: "\n").map(String.init) == [
                        "/made/here", "0", "name", "1 2", "name", "CapEff:\t00000000a80425fb", "read-only", "lo",
                    ])
                #expect(try File.contents(shared + "/new") == Array("written\n".utf8))
            }
        }

        @Test func twentyMegabytesArriveWholeAndInOrder() throws {
            try withEngine { (engine: Engine) throws in
                let command = "gantry run --rm busybox sh -c 'seq 1 3000000' | sha256sum"
                let expected = try engine.shell("seq 1 3000000 | sha256sum").text
                #expect(try engine.shell(command, seconds: 120).text == expected)
                let back = try engine.shell(
                    "seq 1 1000000 | gantry run --rm -i busybox cat | sha256sum", seconds: 120)
                #expect(try back.text == engine.shell("seq 1 1000000 | sha256sum").text)
            }
        }

        @Test func theVerbsOfALife() throws {
            try withEngine { (engine: Engine) throws in
                let id = try engine.must("create", "--name", "life", "busybox", "sh", "-c", "echo born; sleep 1000")
                #expect(id.utf8.count == 64)
                #expect(try engine.must("start", "life") == "life")
                #expect(try engine.must("ps", "-q", "--no-trunc") == id)
                let pid = try engine.must("inspect", "-f", "{{.State.Pid}}", "life")
                #expect(Path.exists("/proc/\(pid)"))
                try waitUntil("the log has its line") { () throws in try engine.must("logs", "life") == "born" }
                #expect(try engine.run(["rm", "life"]).status == 1)
                #expect(try engine.run(["run", "--name", "life", "busybox", "true"]).status == 125)
                try engine.must("stop", "-t", "1", "life")
                #expect(try engine.must("wait", "life") == "137")
                #expect(
                    try engine.must("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "life") == "exited 137")
                // Again: a stopped container may be started any number of times.
                try engine.must("start", "life")
                try engine.must("kill", "-s", "KILL", "life")
                #expect(try engine.must("wait", String(id.prefix(8))) == "137")
                #expect(try engine.must("logs", "--tail", "1", "life") == "born")
                #expect(try engine.must("rm", "life") == "life")
                #expect(try engine.must("container", "ls", "-a", "-q") == "")
            }
        }

        @Test func signalsArePassedOn() throws {
            try withEngine { (engine: Engine) throws in
                let client = try engine.begin([
                    "run", "--rm", "busybox", "sh", "-c",
                    "trap 'echo got it; exit 9' TERM; echo ready; while :; do sleep 0.1; done",
                ])
                try client.waitForOutput("ready")
                try client.signal(Signals.terminate)
                let outcome = try client.wait()
                #expect(outcome.status == 9)
                #expect(outcome.text == "ready\ngot it")
            }
        }

        @Test func theReadOnlySocketOnlyLooks() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("create", "--name", "secret", "-e", "KEY=value", "busybox", "true")
                let reader = ["--socket", engine.readOnlySocket]
                #expect(try engine.run(reader + ["ps", "-aq"]).lines.count == 1)
                let env = try engine.run(reader + ["inspect", "-f", "{{json .Config.Env}}", "secret"]).text
                #expect(env.contains("KEY=<redacted>"))
                #expect(try engine.run(reader + ["rm", "secret"]).errorText.contains("read-only"))
                #expect(try engine.run(reader + ["logs", "secret"]).status == 1)
            }
        }

        @Test func aClientInAnotherLanguage() throws {
            try withEngine([]) { (engine: Engine) throws in
                let program = """
                    import sys
                    sys.path.insert(0, "\(Images.package)/plugins/python")
                    from gantry_client import Client, Attachment, STDOUT, EXIT
                    client = Client("\(engine.socket)")
                    with open("\(try Images.archive())", "rb") as archive:
                        loaded = client.upload("images.load", archive)
                    print(loaded["images"][0]["name"])
                    made = client.call("containers.create", image="busybox", command=["cat"], openStdin=True)
                    task = client.call("tasks.create", container=made["id"])
                    attached = Attachment(task["socket"], stdin=True)
                    client.call("tasks.start", container=made["id"])
                    attached.write(b"from python\\n")
                    attached.close_stdin()
                    for kind, payload in attached:
                        if kind == STDOUT: print(payload.decode(), end="")
                        if kind == EXIT: print(payload["exitCode"])
                    """
                let path = engine.scratch + "/client.py"
                try File.replace(path, with: Array(program.utf8), sync: false)
                let outcome = try engine.shell("python3 -B '\(path)'")
                #expect(outcome.errorText == "")
                #expect(outcome.lines == ["busybox:latest", "from python", "0"])
            }
        }
    }
}

/// Waits up to ten seconds for something that happens in the background.
func waitUntil(
    _ what: String, at location: SourceLocation = #_sourceLocation, _ condition: () throws -> Bool
) throws {
    for _ in 0..<200 * Patience.factor {
        if try condition() { return }
        Clock.sleep(milliseconds: 50)
    }
    Issue.record("not in \(Patience.milliseconds(10) / 1000) seconds: \(what)", sourceLocation: location)
}

extension Engine {
    /// Whether no blob and no snapshot is left.
    func isEmptyOfContent() throws -> Bool {
        var count = 0
        try client().stream("content.list") { _ in count += 1 }
        try client().stream("snapshots.list") { _ in count += 1 }
        let names = ((try? Directory.list(root + "/snapshots/overlayfs")) ?? []).map(\.name)
        return count == 0 && !names.contains { $0.allSatisfy(\.isNumber) }
    }
}
