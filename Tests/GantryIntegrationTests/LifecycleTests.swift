import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// The states of a container, and the verbs that lead from one to the next.
    @Suite struct LifecycleTests {
        @Test func statesAreShownAsTheyAre() throws {
            try withEngine { (engine: Engine) throws in
                func state() throws -> String { try engine.must("inspect", "-f", "{{.State.Status}}", "one") }
                try engine.must("create", "--name", "one", "busybox", "sh", "-c", "sleep 1000")
                #expect(try state() == "created")
                #expect(try engine.must("ps", "-q") == "")
                #expect(try engine.must("ps", "-a", "--format", "{{.Names}} {{.Status}}") == "one Created")
                try engine.must("start", "one")
                #expect(try state() == "running")
                #expect(try engine.must("ps", "--format", "{{.Status}}").hasPrefix("Up "))
                try engine.must("kill", "-s", "9", "one")
                try engine.must("wait", "one")
                #expect(try state() == "exited")
                #expect(try engine.must("ps", "-a", "--format", "{{.Status}}").hasPrefix("Exited (137) "))
                #expect(try engine.summary("one")["exitCode"]?.int == 137)
            }
        }

        @Test func startAttached() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("create", "-i", "--name", "echoes", "busybox", "sh", "-c", "cat; echo err >&2; exit 8")
                for word in ["first", "second"] {
                    let outcome = try engine.run(["start", "-a", "-i", "echoes"], input: .text(word))
                    #expect(outcome.text == word)
                    #expect(outcome.errorText == "err")
                    #expect(outcome.status == 8)
                }
                // Both lives are in the log.
                let logs = try engine.run(["logs", "echoes"])
                #expect(logs.text == "firstsecond")
                #expect(logs.errorText == "err\nerr")
            }
        }

        @Test func stopAsksFirstAndThenKills() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--name", "polite", "busybox", "sh", "-c",
                    "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done")
                try engine.must(
                    "run", "-d", "--name", "deaf", "busybox", "sh", "-c", "trap '' TERM; echo ready; sleep 1000")
                for name in ["polite", "deaf"] {
                    try waitUntil("\(name) is ready") { () throws in try engine.must("logs", name) == "ready" }
                }
                let start = Clock.monotonic
                #expect(try engine.must("stop", "-t", "1", "polite", "deaf") == "polite\ndeaf")
                #expect(Clock.monotonic - start < 6_000_000_000)
                #expect(try engine.must("wait", "polite", "deaf") == "5\n137")
                // Stopping what is stopped is fine.
                #expect(try engine.must("stop", "polite") == "polite")
                let dead = try engine.run(["kill", "polite"])
                #expect(dead.status == 1)
                #expect(dead.errorText.contains("not running"), "\(dead.errorText)")
            }
        }

        @Test func waitEndsWithTheContainer() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "-d", "--name", "short", "busybox", "sh", "-c", "sleep 0.4; exit 11")
                let waiter = try engine.begin(["wait", "short"])
                #expect(try waiter.wait().text == "11")
                #expect(try engine.run(["wait", "nobody"]).status == 1)
            }
        }

        @Test func namesAndPrefixes() throws {
            try withEngine { (engine: Engine) throws in
                let id = try engine.must("create", "--name", "taken", "busybox", "true")
                let taken = try engine.run(["create", "--name", "taken", "busybox", "true"])
                #expect(taken.status == 1 || taken.status == 125)
                #expect(taken.errorText.contains("taken"))
                for wrong in ["-x", "a b", "ü", "a"] {
                    #expect(try engine.run(["create", "--name=\(wrong)", "busybox", "true"]).status != 0, "\(wrong)")
                }
                for prefix in [id, String(id.prefix(12)), String(id.prefix(5))] {
                    #expect(try engine.must("inspect", "-f", "{{.Name}}", prefix) == "/taken")
                }
                // With seventeen ids, two begin with the same digit.
                var ids = [id]
                for _ in 0..<16 { ids.append(try engine.must("create", "busybox", "true")) }
                let digits = ids.map { String($0.prefix(1)) }
                let doubled = try #require(digits.first { digit in digits.count { $0 == digit } > 1 })
                let ambiguous = try engine.run(["start", doubled])
                #expect(ambiguous.status == 1)
                #expect(ambiguous.errorText.contains(doubled))
                // Those without a name got one each.
                let names = try engine.must("ps", "-a", "--format", "{{.Names}}").split(separator: "\n")
                #expect(Set(names).count == 17)
                let removed = try engine.shell("gantry rm $(gantry ps -aq)")
                #expect(removed.status == 0)
                #expect(removed.lines.count == 17)
            }
        }

        @Test func severalAtOnceAndOneThatIsMissing() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("create", "--name", "one", "busybox", "true")
                try engine.must("create", "--name", "two", "busybox", "true")
                let outcome = try engine.run(["rm", "one", "missing", "two"])
                #expect(outcome.lines.sorted() == ["one", "two"])
                #expect(outcome.errorText.contains("missing"))
                #expect(outcome.status == 1)
            }
        }

        @Test func removeByForce() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "-d", "--name", "busy", "busybox", "sleep", "1000")
                let refused = try engine.run(["rm", "busy"])
                #expect(refused.status == 1)
                #expect(refused.errorText.contains("running"), "\(refused.errorText)")
                #expect(try engine.must("rm", "-f", "busy") == "busy")
                #expect(try engine.must("ps", "-aq") == "")
                // The name is free at once.
                #expect(try engine.must("run", "--rm", "--name", "busy", "busybox", "echo", "again") == "again")
            }
        }

        @Test func aDetachedContainerRemovesItself() throws {
            try withEngine { (engine: Engine) throws in
                let id = try engine.must("run", "-d", "--rm", "busybox", "sleep", "0.2")
                #expect(id.utf8.count == 64)
                try waitUntil("it is gone") { () throws in try engine.must("ps", "-aq") == "" }
            }
        }

        @Test func twentyAtOnce() throws {
            try withEngine { (engine: Engine) throws in
                let programs = try (0..<20).map {
                    try engine.begin(["run", "--rm", "busybox", "sh", "-c", "echo \($0); exit \($0)"])
                }
                for (number, program) in programs.enumerated() {
                    let outcome = try program.wait(seconds: 60)
                    #expect(outcome.status == Int32(number), "\(outcome.errorText)")
                    #expect(outcome.text == "\(number)")
                }
                #expect(try engine.must("ps", "-aq") == "")
            }
        }
    }
}
