import GantrySystem
import Testing

extension Integration {
    /// `gantry explain`: the reason, and what can be done.
    @Suite struct ExplainTests {
        @Test(arguments: ["crun", "runc"])
        func ends(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                func end(_ name: String, _ command: [String], options: [String] = []) throws -> String {
                    _ = try engine.run(["run", "--name", name, "--runtime", runtime] + options + ["busybox"] + command)
                    return try engine.must("explain", name)
                }
                #expect(try end("fine", ["true"]).contains("ended by itself with status 0, which is success"))
                let failed = try end("failed", ["sh", "-c", "exit 3"])
                #expect(failed.contains("status 3") && failed.contains("gantry logs --tail 20 failed"), "\(failed)")
                let absent = try end("absent", ["slep", "1"])
                #expect(absent.contains("'slep' is not in the image"), "\(absent)")
                #expect(absent.contains("/bin/sleep") && absent.contains("Shells that it has: /bin/sh"), "\(absent)")
                #expect(try end("plain", ["/etc/passwd"]).contains("nobody may run it"))
                let eaten = try end(
                    "eaten", ["sh", "-c", "x=0123456789abcdef; while :; do x=$x$x; done"],
                    options: ["-m", "16m", "--memory-swap", "16m"])
                #expect(eaten.contains("for want of memory (its limit is 16 MiB); it held up to 1"), "\(eaten)")
                #expect(eaten.contains("gantry update -m"))
                #expect(
                    try end("passed", ["sh", "-c", "sh -c 'kill -TERM $$'; exit $?"]).contains(
                        "SIGTERM (signal 15), and its first process passed that on"))
            }
        }

        @Test func whoSentIt() throws {
            try withEngine { (engine: Engine) throws in
                func start(_ name: String, _ script: String = "sleep 1000") throws {
                    try engine.must("run", "-d", "--name", name, "busybox", "sh", "-c", script)
                    Clock.sleep(milliseconds: 200)
                }
                try start("shot")
                #expect(try engine.must("explain", "shot").contains("'shot' runs since"))
                try engine.must("kill", "shot")
                try engine.must("wait", "shot")
                let shot = try engine.must("explain", "shot")
                #expect(shot.contains("SIGKILL (signal 9), which was sent through Gantry by "), "\(shot)")
                #expect(shot.contains("user 0)"), "\(shot)")
                try start("stubborn", "trap '' TERM; while :; do sleep 0.1; done")
                try engine.must("stop", "-t", "1", "stubborn")
                let stubborn = try engine.must("explain", "stubborn")
                #expect(stubborn.contains("it had not ended in the time that 'stop' gave it"), "\(stubborn)")
                try start("stranger")
                let pid = try #require(Int32(engine.must("inspect", "-f", "{{.State.Pid}}", "stranger")))
                try Processes.signal(pid: pid, Signals.kill)
                try engine.must("wait", "stranger")
                #expect(try engine.must("explain", "stranger").contains("which did not come through Gantry"))
                try engine.must("create", "--name", "fresh", "busybox", "true")
                #expect(try engine.must("explain", "fresh").contains("never started"))
                try engine.must("start", "stranger")
                try engine.must("pause", "stranger")
                let paused = try engine.must("explain", "stranger")
                #expect(paused.contains("is paused") && paused.contains("gantry unpause stranger"), "\(paused)")
                try engine.must("unpause", "stranger")
                #expect(try engine.run(["explain", "nobody"]).status == 1)
            }
        }
    }
}
