import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// Interactive containers, through a real pseudo-terminal.
    @Suite struct TerminalTests {
        /// A shell that says when it is ready for the next command.
        private static let shell = ["busybox", "env", "PS1=ready> ", "sh"]

        private func shell(_ engine: Engine, _ name: String, _ options: [String] = []) throws -> TerminalProgram {
            let terminal = try TerminalProgram(
                Engine.programs + "/gantry", ["run", "-it", "--name", name] + options + Self.shell,
                environment: engine.environment)
            try terminal.waitFor("ready> ")
            return terminal
        }

        @Test(arguments: ["crun", "runc"])
        func anEditorIsDrivenAndItsScreenIsRight(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                let vi = try engine.onTerminal(
                    "run", "-it", "--name", "vi", "--runtime", runtime, "busybox", "vi", "/notes", rows: 12, columns: 40
                )
                _ = try vi.waitForScreen { $0[1] == "~" && $0[10] == "~" }
                try vi.type("ifirst line\rsecond line\rthird line\u{1b}")
                let typed = try vi.waitForScreen { $0[2] == "third line" }
                #expect(typed[0...3] == ["first line", "second line", "third line", "~"])
                // Up, a new line between, a word deleted, then search and append.
                try vi.type("kOnew\u{1b}")
                _ = try vi.waitForScreen { $0[1] == "new" }
                try vi.type("1Gdw/third\rA, the end\u{1b}")
                let edited = try vi.waitForScreen { $0[3] == "third line, the end" }
                #expect(edited[0...4] == ["line", "new", "second line", "third line, the end", "~"])
                // A larger window shows more lines; ctrl-L draws it anew.
                try vi.resize(rows: 20, columns: 60)
                try vi.type("\u{0c}")
                let large = try vi.waitForScreen { $0.count == 20 && $0[18] == "~" && $0[0] == "line" }
                #expect(large[0...4] == edited[0...4])
                try vi.type(":wq\r")
                #expect(try vi.wait() == 0)
                try engine.must("start", "vi")
                #expect(try engine.must("exec", "vi", "cat", "/notes") == "line\nnew\nsecond line\nthird line, the end")
            }
        }

        @Test func theWindowIsThereFromTheStartAndFollows() throws {
            try withEngine { (engine: Engine) throws in
                let first = try engine.onTerminal(
                    "run", "--rm", "-it", "busybox", "stty", "size", rows: 33, columns: 101)
                try first.waitFor("33 101")
                #expect(try first.wait() == 0)
                let terminal = try shell(engine, "window")
                try terminal.ask("stty size; tty; echo $TERM", "24 80\r\n/dev/pts/0\r\nxterm")
                try terminal.resize(rows: 50, columns: 132)
                try terminal.ask("stty size", "50 132")
                // Nobody has a window without lines: the container keeps the one it had.
                try terminal.resize(rows: 0, columns: 0)
                try terminal.ask("stty size", "50 132")
                try terminal.type("exit 3\r")
                #expect(try terminal.wait() == 3)
                let none = try engine.onTerminal("run", "--rm", "-it", "busybox", "echo", "fine", rows: 0, columns: 0)
                try none.waitFor("fine")
                #expect(try none.wait() == 0)
            }
        }

        @Test func controlKeysAreTheContainers() throws {
            try withEngine { (engine: Engine) throws in
                let terminal = try shell(engine, "keys")
                // The shell edits its lines in a mode of its own; the words come when it has left that.
                try terminal.ask("echo cat is next; cat", "\r\ncat is next\r\n")
                try terminal.ask("shown twice", "shown twice\r\nshown twice\r\n")
                // ctrl-D ends cat's input, not the container's.
                try terminal.type("\u{4}")
                try terminal.ask("echo still $((40 + 2))", "still 42")
                try terminal.ask("sleep 100", "sleep 100\r\n")
                Clock.sleep(milliseconds: 200)
                try terminal.type("\u{3}")
                try terminal.ask("echo ended $?", "ended 130")
                try terminal.ask("sleep 100", "sleep 100\r\n")
                Clock.sleep(milliseconds: 200)
                try terminal.type("\u{1a}")
                try terminal.ask("jobs", "Stopped")
                #expect(!terminal.hasEnded)
                try terminal.type("kill -9 %1; exit; exit\r")
                _ = try terminal.wait()
            }
        }

        @Test func leavingAndComingBack() throws {
            try withEngine { (engine: Engine) throws in
                let terminal = try shell(engine, "stays")
                try terminal.ask("kept=here", "ready> ")
                try terminal.type("\u{10}\u{11}")
                #expect(try terminal.wait() == 0)
                #expect(try engine.summary("stays")["state"] == "running")
                let again = try engine.onTerminal("attach", "--detach-keys", "ctrl-x,x", "stays")
                // The prompt is drawn again for who comes late.
                try again.waitFor("ready> ")
                try again.ask("echo $kept", "here")
                try again.type("\u{18}x")
                #expect(try again.wait() == 1)
                #expect(again.transcript.contains("read escape sequence"))
                let third = try engine.onTerminal("attach", "stays")
                try third.ask("exit 7", "exit 7")
                #expect(try third.wait() == 7)
                let started = try engine.onTerminal("start", "-ai", "stays")
                try started.waitFor("ready> ")
                try started.type("exit 8\r")
                #expect(try started.wait() == 8)
            }
        }

        @Test func severalClientsSeeAndTypeTheSame() throws {
            try withEngine { (engine: Engine) throws in
                let one = try shell(engine, "both")
                let two = try engine.onTerminal("attach", "both")
                try two.waitFor("ready> ")
                one.clear()
                try two.ask("echo from-two", "\r\nfrom-two")
                try one.waitFor("\r\nfrom-two")
                two.clear()
                try one.ask("echo from-one", "\r\nfrom-one")
                try two.waitFor("\r\nfrom-one")
                try one.type("exit 5\r")
                #expect(try one.wait() == 5)
                #expect(try two.wait() == 5)
            }
        }

        @Test func aTerminalThatGoesAwayTakesNothingAlong() throws {
            try withEngine { (engine: Engine) throws in
                let terminal = try shell(engine, "survivor")
                terminal.hangUp()
                #expect(try terminal.wait() == 129)
                #expect(try engine.summary("survivor")["state"] == "running")
                let again = try engine.onTerminal("attach", "survivor")
                try again.waitFor("ready> ")
                try again.type("exit\r")
                #expect(try again.wait() == 0)
            }
        }

        @Test func theUsersTerminalIsGivenBackAsItWas() throws {
            try withEngine { (engine: Engine) throws in
                let program = Engine.programs + "/gantry"
                let user = try TerminalProgram(
                    "/bin/sh",
                    [
                        "-c",
                        """
                        stty -g; '\(program)' run --rm -it busybox true; stty -g; \
                        '\(program)' run --rm -it busybox nosuch; stty -g; \
                        '\(program)' run -it --name goes busybox sleep 100 & wait; echo over
                        """,
                    ], environment: engine.environment)
                try user.waitFor("over")
                let modes = user.transcript.split(separator: "\r\n").filter { $0.filter { $0 == ":" }.count > 20 }
                #expect(modes.count == 3)
                #expect(Set(modes).count == 1)
            }
        }

        @Test func aTerminalNeedsOne() throws {
            try withEngine { (engine: Engine) throws in
                for command in [["run", "-it", "busybox", "sh"], ["exec", "-it", "nobody", "sh"]] {
                    let outcome = try engine.run(command)
                    #expect(outcome.errorText == "Error: the input device is not a TTY")
                    #expect(outcome.status == 1)
                }
                #expect(try engine.must("ps", "-aq") == "")
                // Without input a terminal in the container needs none here.
                #expect(try engine.must("run", "--rm", "-t", "busybox", "tty") == "/dev/pts/0\r")
                let bad = try engine.run(["run", "--detach-keys", "hyper-x", "busybox"])
                #expect(bad.errorText == "Error: invalid detach keys 'hyper-x': unknown key 'hyper-x'")
            }
        }

        @Test func typingGoesOnWhileTheDaemonIsKilledAndStartedAgain() throws {
            try withEngine { (engine: Engine) throws in
                let run = try shell(engine, "typist", ["--rm"])
                let exec = try engine.onTerminal("exec", "-it", "typist", "env", "PS1=exec> ", "sh")
                try exec.waitFor("exec> ")
                for round in 1...3 {
                    try engine.kill()
                    try run.ask("echo run-$((\(round) * 10))", "run-\(round * 10)")
                    try exec.ask("echo exec-$((\(round) * 10))", "exec-\(round * 10)")
                    try engine.start()
                    try run.ask("echo back-$((\(round) * 10))", "back-\(round * 10)")
                    try exec.ask("echo here-$((\(round) * 10))", "here-\(round * 10)")
                }
                try engine.kill()
                try exec.type("exit 4\r")
                #expect(try exec.wait() == 4)
                try engine.start()
                try run.type("exit 6\r")
                #expect(try run.wait() == 6)
                #expect(try engine.must("ps", "-aq") == "")
            }
        }
    }
}
