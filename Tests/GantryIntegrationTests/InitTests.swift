import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// `run --init`: a first process that does what a first process has to.
    @Suite struct InitTests {
        @Test(arguments: ["crun", "runc"])
        func statusesAreTheProgramsOwn(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                func status(_ command: String...) throws -> Int32 {
                    try engine.run(["run", "--rm", "--init", "--runtime", runtime, "busybox"] + command).status
                }
                #expect(try status("sh", "-c", "exit 7") == 7)
                #expect(try status("sh", "-c", "kill -9 $$") == 137)
                #expect(try status("/bin/nothing") == 127)
                #expect(try status("nothing") == 127)
                #expect(try status("/etc/passwd") == 126)
                #expect(try status("/etc") == 126)
                let said = try engine.run(["run", "--rm", "--init", "--runtime", runtime, "busybox", "nothing"])
                #expect(said.errorText.contains("exec 'nothing': no such file or directory"))
                // Anyone may be the user, and the image is as it was: the init lies below /dev.
                #expect(
                    try engine.must(
                        "run", "--rm", "--init", "--read-only", "-u", "1234", "--runtime", runtime, "busybox", "sh",
                        "-c",
                        "tr '\\0' ' ' < /proc/1/cmdline; id -u")
                        == "/dev/gantry-init -- sh -c tr '\\0' ' ' < /proc/1/cmdline; id -u 1234")
            }
        }

        @Test func signalsArePassedOnAndOrphansReaped() throws {
            try withEngine { (engine: Engine) throws in
                // A shell that does not reap what is not its own, and orphans that end at once.
                try engine.must(
                    "run", "-d", "--init", "--name", "reaper", "busybox", "sh", "-c",
                    """
                    trap 'echo user one' USR1; trap 'echo window' WINCH; trap 'echo last' RTMAX 2>/dev/null
                    for i in 1 2 3 4 5; do sh -c 'sleep 0.05 & exit' ; done
                    echo ready; while :; do sleep 1000 & wait; done
                    """)
                func waitFor(_ text: String) throws {
                    for _ in 0..<250 {
                        if try engine.must("logs", "reaper").contains(text) { return }
                        Clock.sleep(milliseconds: 20)
                    }
                    Issue.record("the log does not say '\(text)'")
                }
                try waitFor("ready")
                Clock.sleep(milliseconds: 300)
                #expect(
                    try engine.must(
                        "exec", "reaper", "sh", "-c",
                        "grep -c '^State:.Z' /proc/[0-9]*/status | grep -v ':0$' || echo none") == "none")
                try engine.must("kill", "-s", "USR1", "reaper")
                try waitFor("user one")
                try engine.must("kill", "-s", "WINCH", "reaper")
                try waitFor("window")
                // The shell has no handler for it: as first process it would not even notice.
                let began = Clock.monotonic
                try engine.must("stop", "-t", "20", "reaper")
                #expect((Clock.monotonic - began) / 1_000_000_000 < 10)
                #expect(try engine.must("wait", "reaper") == "143")
                #expect(try engine.must("inspect", "-f", "{{.HostConfig.Init}}", "reaper") == "true")
                try engine.must("rm", "reaper")
            }
        }

        @Test func theProgramHasTheTerminal() throws {
            try withEngine { (engine: Engine) throws in
                let terminal = try engine.onTerminal(
                    "run", "--rm", "-it", "--init", "busybox", "env", "PS1=ready> ", "sh")
                try terminal.waitFor("ready> ")
                try terminal.ask("sleep 1000", "sleep 1000\r\n")
                Clock.sleep(milliseconds: 200)
                try terminal.type("\u{3}")
                try terminal.ask("echo ended $?", "ended 130")
                try terminal.ask("sleep 1000", "sleep 1000\r\n")
                Clock.sleep(milliseconds: 200)
                // ctrl-Z stops the job, not the shell: there is job control.
                try terminal.type("\u{1a}")
                try terminal.ask("jobs", "Stopped")
                try terminal.ask("fg", "sleep 1000\r\n")
                Clock.sleep(milliseconds: 200)
                try terminal.type("\u{3}")
                try terminal.ask("echo again $?", "again 130")
                try terminal.type("exit 5\r")
                #expect(try terminal.wait() == 5)
            }
        }

        /// The init is none where it is not the first process; orphans are its children all the same.
        @Test func besideAnothersFirstProcess() throws {
            try withEngine { (engine: Engine) throws in
                let said = try engine.must(
                    "run", "--rm", "--init", "--pid", "host", "busybox", "sh", "-c",
                    "sh -c 'sleep 0.2 & echo $!' > /p; sleep 0.1; awk '/PPid/ {print $2}' /proc/$(cat /p)/status; echo $PPID"
                )
                let lines = said.split(separator: "\n")
                #expect(lines.count == 2 && lines[0] == lines[1], "\(said)")
            }
        }

        @Test func aDevOfTheUsersKeepsIt() throws {
            try withEngine { (engine: Engine) throws in
                #expect(
                    try engine.must("run", "--rm", "--init", "--tmpfs", "/dev:exec,dev", "busybox", "echo", "runs")
                        == "runs")
            }
        }
    }
}
