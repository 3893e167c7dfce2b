import GantryClient
import GantryModel
import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// The daemon is killed, or ended, and started again under the hands of those who use it.
    ///
    /// The moments are random and the same in every run.
    @Suite struct RestartTests {
        /// Prints numbers, in bursts and alone.
        private static func counter(to last: Int) -> String {
            "i=0; while [ $i -lt \(last) ]; do echo $i; i=$((i+1)); [ $((i%40)) = 0 ] && usleep 20000; done"
        }

        /// The first place where lines are not the numbers in their order.
        private static func fault(_ lines: [String], from first: Int, to last: Int) -> String? {
            for (index, line) in lines.enumerated() where line != String(first + index) {
                return "'\(line)' instead of \(first + index)"
            }
            return first + lines.count == last ? nil : "\(first + lines.count) lines instead of \(last)"
        }

        @Test func followingGoesOnWithoutGapOrRepeat() throws {
            try withEngine { (engine: Engine) throws in
                var random = Seeded(state: 1)
                let last = 6000
                try engine.must("run", "-d", "--name", "counts", "busybox", "sh", "-c", Self.counter(to: last))
                let whole = try engine.connect(["logs", "-f", "counts"])
                let end = try engine.connect(["logs", "-f", "--tail", "0", "counts"])
                let stamped = try engine.connect(["logs", "-f", "-t", "--tail", "3", "counts"])
                for round in 0..<8 {
                    Clock.sleep(milliseconds: Int64.random(in: 10...250, using: &random))
                    try engine.bounce(round.isMultiple(of: 3) ? Signals.terminate : Signals.kill, &random)
                }
                let all = try whole.wait(seconds: 60)
                #expect(Self.fault(all.lines, from: 0, to: last) == nil)
                #expect(all.status == 0)
                #expect(all.errorText == "")
                for (program, name) in [(end, "end"), (stamped, "stamped")] {
                    let outcome = try program.wait()
                    let numbers = outcome.lines.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
                    try #require(!numbers.isEmpty, "\(name)")
                    #expect(Self.fault(numbers.map(String.init), from: numbers[0], to: last) == nil, "\(name)")
                    #expect(outcome.status == 0)
                }
            }
        }

        @Test func theLastWordsOfAContainerThatIsRemovedMeanwhile() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--rm", "--name", "talks", "busybox", "sh", "-c",
                    "echo one; sleep 0.5; echo two; sleep 0.1; seq 1 20000; exit 6")
                let log = try engine.connect(["logs", "-f", "talks"])
                let wait = try engine.connect(["wait", "talks"])
                try log.waitForOutput("one")
                try engine.kill()
                Clock.sleep(milliseconds: 1200)
                try engine.start()
                let outcome = try log.wait()
                #expect(outcome.lines.prefix(2) == ["one", "two"])
                #expect(Self.fault(Array(outcome.lines.dropFirst(2)), from: 1, to: 20001) == nil)
                #expect(outcome.status == 0)
                #expect(try wait.wait().text == "6")
                #expect(try wait.wait().status == 0)
            }
        }

        @Test func aDaemonThatStaysAwayIsTold() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "-d", "--name", "idle", "busybox", "sleep", "1000")
                let stop = try engine.connect(["stop", "-t", "5", "idle"])
                Clock.sleep(milliseconds: 300)
                try engine.kill()
                let outcome = try stop.wait(seconds: 25)
                #expect(outcome.status == 1)
                #expect(
                    outcome.errorText.hasPrefix(
                        "Error: containers.stop: the daemon went away before it answered; try again"))
                #expect(outcome.errorText.split(separator: "\n").count == 1)
            }
        }

        /// Each container says its number and ends with it.
        private static func script(_ number: Int) -> [String] {
            ["busybox", "sh", "-c", "echo \(number); usleep 60000; exit \(number)"]
        }

        @Test func waitAnswersRightly() throws {
            try withEngine { (engine: Engine) throws in
                var random = Seeded(state: 2)
                for round in 1...10 {
                    let options = round.isMultiple(of: 2) ? ["--rm"] : []
                    try engine.check(["run", "-d", "--name", "job"] + options + Self.script(round))
                    let wait = try engine.connect(["wait", "job"])
                    Clock.sleep(milliseconds: Int64.random(in: 10...90, using: &random))
                    try engine.bounce(round.isMultiple(of: 5) ? Signals.terminate : Signals.kill, &random)
                    let outcome = try wait.wait()
                    #expect(outcome.text == "\(round)", "\(outcome.errorText)")
                    #expect(outcome.status == 0)
                    if options.isEmpty { try engine.must("rm", "job") }
                }
            }
        }

        @Test(arguments: [false, true])
        func detachedRunsAreStartedOnce(_ removes: Bool) throws {
            try withEngine { (engine: Engine) throws in
                var random = Seeded(state: 3)
                for round in 1...9 {
                    let client = try engine.connect(
                        ["run", "-d", "--name", "job", "-v", engine.scratch + ":/out"] + (removes ? ["--rm"] : [])
                            + ["busybox", "sh", "-c", "echo \(round) >> /out/runs; usleep 30000; exit \(round)"])
                    Clock.sleep(milliseconds: Int64.random(in: 0...110, using: &random))
                    try engine.bounce(round.isMultiple(of: 4) ? Signals.terminate : Signals.kill, &random)
                    let outcome = try client.wait()
                    #expect(outcome.status == 0, "round \(round): \(outcome.errorText)")
                    #expect(outcome.errorText == "")
                    #expect(try engine.must("wait", outcome.text) == "\(round)")
                    if removes {
                        try engine.eventually { try engine.must("ps", "-aq") == "" }
                    } else {
                        try engine.must("rm", "job")
                    }
                }
                #expect(Machine.read(engine.scratch + "/runs") == (1...9).map { "\($0)\n" }.joined())
            }
        }

        @Test(arguments: [false, true])
        func foregroundRunsAreWhole(_ removes: Bool) throws {
            try withEngine { (engine: Engine) throws in
                var random = Seeded(state: 4)
                for round in 1...8 {
                    let client = try engine.connect(
                        ["run", "-i", "--name", "job", "-v", engine.scratch + ":/out"] + (removes ? ["--rm"] : [])
                            + ["busybox", "sh", "-c", "echo \(round) >> /out/runs; cat; exit \(round)"],
                        input: .text("for \(round)\n"))
                    Clock.sleep(milliseconds: Int64.random(in: 0...110, using: &random))
                    try engine.bounce(round.isMultiple(of: 4) ? Signals.terminate : Signals.kill, &random)
                    let outcome = try client.wait()
                    #expect(outcome.text == "for \(round)")
                    #expect(outcome.errorText == "")
                    #expect(outcome.status == Int32(round))
                    if removes {
                        try engine.eventually { try engine.must("ps", "-aq") == "" }
                    } else {
                        #expect(try engine.must("logs", "job") == "for \(round)")
                        try engine.must("rm", "job")
                    }
                }
                #expect(Machine.read(engine.scratch + "/runs") == (1...8).map { "\($0)\n" }.joined())
            }
        }

        @Test func changesInFlightAreDoneOrTold() throws {
            try withEngine { (engine: Engine) throws in
                var random = Seeded(state: 5)
                for round in 0..<5 {
                    let names = (0..<3).map { "job-\(round)-\($0)" }
                    for name in names {
                        try engine.must(
                            "run", "-d", "--name", name, "busybox", "sh", "-c", "trap exit TERM; sleep 60 & wait")
                    }
                    let stop = try engine.connect(["stop", "-t", "1"] + names)
                    Clock.sleep(milliseconds: Int64.random(in: 0...40, using: &random))
                    try engine.bounce(Signals.kill, &random)
                    let stopped = try stop.wait()
                    #expect(stopped.lines == names, "\(stopped.errorText)")
                    #expect(stopped.status == 0)
                    #expect(try engine.must("ps", "-q") == "")
                    let start = try engine.connect(["start"] + names)
                    Clock.sleep(milliseconds: Int64.random(in: 0...150, using: &random))
                    try engine.bounce(Signals.kill, &random)
                    let started = try start.wait()
                    if started.status != 0 {
                        #expect(started.errorText.contains("try again"), "\(started.errorText)")
                        try engine.check(["start"] + names)
                    }
                    #expect(try engine.must("ps", "-q").split(separator: "\n").count == 3)
                    let remove = try engine.connect(["rm", "-f"] + names)
                    Clock.sleep(milliseconds: Int64.random(in: 0...60, using: &random))
                    try engine.bounce(round.isMultiple(of: 4) ? Signals.terminate : Signals.kill, &random)
                    let removed = try remove.wait()
                    #expect(removed.lines == names, "\(removed.errorText)")
                    #expect(try engine.must("ps", "-aq") == "")
                }
            }
        }

        @Test func eventsHaveNoGap() throws {
            try withEngine { (engine: Engine) throws in
                var random = Seeded(state: 6)
                let follower = try EventFollower(engine.socket)
                for round in 0..<6 {
                    let client = try engine.connect(["run", "--rm", "--name", "job-\(round)", "busybox", "true"])
                    Clock.sleep(milliseconds: Int64.random(in: 0...150, using: &random))
                    try engine.bounce(round.isMultiple(of: 3) ? Signals.terminate : Signals.kill, &random)
                    #expect(try client.wait().status == 0)
                }
                try engine.must("run", "--name", "last", "busybox", "true")
                let events = try follower.waitFor("container.die", name: "last")
                #expect(events.map(\.sequence) == Array(1...Int64(events.count)))
                for round in 0..<6 {
                    let topics = events.filter { $0.name == "job-\(round)" }.map(\.topic)
                    #expect(topics.first == "container.create")
                    #expect(topics.suffix(2) == ["container.die", "container.destroy"])
                }
            }
        }

        @Test func aHundredContainersAreFoundAgain() throws {
            try withEngine { (engine: Engine) throws in
                let made = try engine.shell(
                    """
                    for i in $(seq 1 100); do
                        gantry run -d --name c$i busybox sh -c 'trap "exit 3" TERM; while :; do sleep 1000 & wait; done' &
                        [ $((i%8)) = 0 ] && wait
                    done; wait
                    """, seconds: 120)
                try #require(made.lines.count == 100, "\(made.errorText)")
                func pid(_ name: String) throws -> Int32 {
                    try #require(Int32(engine.must("inspect", "-f", "{{.State.Pid}}", name)))
                }
                let ended = try (1...10).map { try pid("c\($0)") }
                let orphaned = try (11...13).map { Int32(try engine.shim("c\($0)")) }
                try engine.kill()
                for pid in ended { try Processes.signal(pid: pid, Signals.terminate) }
                for shim in orphaned { try Processes.signal(pid: shim, Signals.kill) }
                let began = Clock.monotonic
                try engine.start()
                let took = (Clock.monotonic - began) / 1_000_000
                print("a daemon with 100 containers answers after \(took) ms")
                #expect(took < 3000)
                #expect(try engine.must("wait", "c1", "c10") == "3\n3")
                #expect(try engine.must("wait", "c11", "c12", "c13") == "137\n137\n137")
                #expect(try engine.must("ps", "-q").split(separator: "\n").count == 87)
                #expect(try engine.must("exec", "c50", "echo", "here") == "here")
                let stopped = try engine.shell("gantry stop -t 5 $(gantry ps -q)", seconds: 60)
                #expect(stopped.lines.count == 87)
                #expect(try engine.must("wait", "c14", "c50", "c100") == "3\n3\n3")
            }
        }
    }
}

extension Engine {
    /// The daemon ends by this signal and is started again a moment later.
    func bounce(_ signal: Int32, _ random: inout Seeded) throws {
        if signal == Signals.kill { try kill() } else { #expect(try stop() == 0) }
        Clock.sleep(milliseconds: Int64.random(in: 0...120, using: &random))
        try start()
    }

    /// Starts `gantry` and waits until it talks to the daemon.
    func connect(_ arguments: [String], input: Program.Input = .null) throws -> Program {
        let program = try begin(arguments, input: input)
        let files = "/proc/\(program.pid)/fd"
        for _ in 0..<2000 where !program.hasEnded {
            let open = (try? Directory.list(files)) ?? []
            if open.contains(where: { (try? Path.readLink("\(files)/\($0.name)"))?.hasPrefix("socket:") == true }) {
                break
            }
            Clock.sleep(milliseconds: 1)
        }
        return program
    }

    /// Like `must`, for arguments in an array.
    @discardableResult
    func check(_ arguments: [String]) throws -> String {
        let outcome = try run(arguments)
        try #require(outcome.status == 0, "gantry \(arguments.joined(separator: " ")): \(outcome.errorText)")
        return outcome.text
    }
}

/// Follows the events of an engine over restarts of its daemon, as any client may: with the last number that it saw.
private final class EventFollower: Sendable {
    struct Entry: Sendable {
        var sequence: Int64
        var topic: String
        var name: String
    }

    private let entries = Monitor<[Entry]>([])

    init(_ socket: String) throws {
        let entries = self.entries
        try Threads.start("events") {
            // Ends with the engine: its socket is gone for good then.
            var misses = 0
            while misses < 500 {
                guard let client = try? Client(path: socket) else {
                    misses += 1
                    Clock.sleep(milliseconds: 20)
                    continue
                }
                misses = 0
                let last = entries.with { $0.last?.sequence ?? 0 }
                _ = try? client.stream("events.subscribe", ["since": .int(last)]) { item in
                    let entry = Entry(
                        sequence: item["sequence"]?.int ?? 0, topic: item["topic"]?.string ?? "",
                        name: item["payload"]?["name"]?.string ?? "")
                    entries.with { $0.append(entry) }
                    entries.wakeAll()
                }
            }
        }
    }

    func waitFor(_ topic: String, name: String) throws -> [Entry] {
        let found = entries.wait(milliseconds: 10_000) { entries -> [Entry]? in
            entries.contains { $0.topic == topic && $0.name == name } ? entries : nil
        }
        guard let found else { throw Program.TimedOut(description: "no event \(topic) of \(name)") }
        return found
    }
}
