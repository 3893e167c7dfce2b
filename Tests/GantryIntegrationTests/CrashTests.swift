import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// `kill -9` of the daemon, of shims, of both: nothing is lost, nothing stays.
    @Suite struct CrashTests {
        @Test func containersOutliveTheDaemon() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--name", "ticks", "busybox", "sh", "-c",
                    "i=0; while :; do echo $i; i=$((i+1)); sleep 0.01; done")
                let pid = try engine.must("inspect", "-f", "{{.State.Pid}}", "ticks")
                for _ in 0..<3 {
                    try engine.kill()
                    Clock.sleep(milliseconds: 200)
                    try engine.start()
                    #expect(
                        try engine.must("inspect", "-f", "{{.State.Status}} {{.State.Pid}}", "ticks")
                            == "running \(pid)")
                }
                try engine.must("kill", "ticks")
                try engine.must("wait", "ticks")
                let lines = try engine.must("logs", "ticks").split(separator: "\n").compactMap { Int($0) }
                #expect(lines.count > 50)
                #expect(lines == Array(0..<lines.count), "the log has a gap or a repeat")
            }
        }

        @Test func exitsThatHappenMeanwhileAreReported() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--name", "seven", "busybox", "sh", "-c", "sleep 0.5; echo last words; exit 7")
                try engine.must("run", "-d", "--rm", "--name", "gone", "busybox", "sleep", "0.5")
                try engine.kill()
                Clock.sleep(milliseconds: 1200)
                try engine.start()
                #expect(try engine.must("wait", "seven") == "7")
                #expect(try engine.must("logs", "seven") == "last words")
                try waitUntil("the container with --rm is gone") {
                    try engine.must("ps", "-aq").split(separator: "\n").count == 1
                }
            }
        }

        @Test func aForegroundRunNeedsNoDaemon() throws {
            try withEngine { (engine: Engine) throws in
                let client = try engine.begin(["run", "busybox", "sh", "-c", "echo one; sleep 1; echo two; exit 5"])
                try client.waitForOutput("one")
                try engine.kill()
                Clock.sleep(milliseconds: 1200)
                try engine.start()
                let outcome = try client.wait()
                #expect(outcome.text == "one\ntwo")
                #expect(outcome.status == 5)
            }
        }

        @Test func aLostShimIsToldAndCleanedUp() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "-d", "--name", "orphan", "busybox", "sleep", "1000")
                let pid = try #require(Int32(engine.must("inspect", "-f", "{{.State.Pid}}", "orphan")))
                try Processes.signal(pid: engine.shim(of: pid), Signals.kill)
                #expect(try engine.must("wait", "orphan") == "137")
                #expect(try engine.must("inspect", "-f", "{{.State.Error}}", "orphan").contains("shim"))
                try waitUntil("the container's process is gone") {
                    !Path.exists("/proc/\(pid)") || Processes.state(pid) == "Z"
                }
                try engine.must("start", "orphan")
                try engine.must("rm", "-f", "orphan")
            }
        }

        @Test func aShimLostWhileTheDaemonIsDown() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "-d", "--name", "orphan", "busybox", "sleep", "1000")
                let pid = try #require(Int32(engine.must("inspect", "-f", "{{.State.Pid}}", "orphan")))
                let shim = try engine.shim(of: pid)
                try engine.kill()
                try Processes.signal(pid: shim, Signals.kill)
                try engine.start()
                #expect(try engine.must("wait", "orphan") == "137")
                try waitUntil("the container's process is gone") {
                    !Path.exists("/proc/\(pid)") || Processes.state(pid) == "Z"
                }
            }
        }

        /// Random moments: each container writes its number and exits with it, whatever happens to the daemon.
        @Test func killsAtRandomMoments() throws {
            try withEngine { (engine: Engine) throws in
                var generator = Seeded(state: 20_261_123)
                for round in 0..<12 {
                    let name = "round-\(round)"
                    let client = try engine.begin([
                        "run", "-d", "--name", name, "busybox", "sh", "-c", "echo \(round); sleep 0.1; exit \(round)",
                    ])
                    Clock.sleep(milliseconds: Int64.random(in: 0...120, using: &generator))
                    try engine.kill()
                    let outcome = try client.wait()
                    Clock.sleep(milliseconds: Int64.random(in: 0...150, using: &generator))
                    try engine.start()
                    guard outcome.status == 0 else {
                        // The call was cut: the container may be there, created or run; it must be possible to remove it.
                        _ = try engine.run(["rm", "-f", name])
                        continue
                    }
                    #expect(try engine.must("wait", name) == "\(round)")
                    #expect(try engine.must("logs", name) == "\(round)")
                }
            }
        }
    }
}

/// The same numbers in every run.
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension Engine {
    /// The shim that keeps a container's process: its parent.
    func shim(of pid: Int32) throws -> Int32 {
        let status = String(decoding: try File.contents("/proc/\(pid)/status"), as: UTF8.self)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("PPid:") })
        return try #require(Int32(line.dropFirst(5).filter(\.isNumber)))
    }
}
