import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// Clients that stop reading, as a suspended one does: nobody else waits for them, and nothing grows.
    @Suite struct StalledClientTests {
        private static let stop: Int32 = 19

        /// Numbered lines, 64 bytes each; pauses, where there is one, let a reader keep up.
        private static func count(to last: Int, pause: String = ":") -> String {
            let filler = String(repeating: ".", count: 55)
            return "i=1000000; while [ $i -lt \(1_000_000 + last) ]; do echo \"$i \(filler)\"; i=$((i+1)); "
                + "[ $((i%1000)) = 0 ] && \(pause); done; echo the end"
        }

        /// Resident memory of a process, bytes.
        private static func memory(_ pid: Int32) -> Int64 {
            let line = Machine.read("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("VmRSS") }
            return (line.flatMap { Int64($0.filter(\.isNumber)) } ?? 0) * 1024
        }

        /// One in the foreground gets every byte, so the container waits for it: as at a terminal that was stopped.
        @Test func aForegroundClientHoldsItsContainerOnly() throws {
            try withEngine { (engine: Engine) throws in
                let client = try engine.begin(
                    ["run", "--name", "noisy", "busybox", "sh", "-c", Self.count(to: 60_000)])
                try client.waitForOutput("1000100 ")
                try client.signal(Self.stop)
                let shim = try engine.shim("noisy")
                // What fits into buffers has been taken by now; from here on it stands still.
                var size: Int64 = -1
                try waitUntil("the container stands still") { () throws in
                    let before = size
                    Clock.sleep(milliseconds: 300)
                    size = Int64(try engine.must("logs", "noisy").utf8.count)
                    return size == before
                }
                #expect(size < 60_000 * 64)
                #expect(Self.memory(try #require(Int32(shim))) < 24 << 20)
                #expect(try engine.must("exec", "noisy", "echo", "here") == "here")
                #expect(try engine.must("run", "--rm", "busybox", "echo", "another") == "another")
                try client.signal(Signals.continueSignal)
                let outcome = try client.wait(seconds: 60)
                #expect(outcome.status == 0)
                let lines = outcome.lines
                #expect(lines.count == 60_001 && lines.last == "the end")
                #expect(lines.dropLast().enumerated().allSatisfy { $1.hasPrefix("\(1_000_000 + $0) ") })
                try engine.must("rm", "noisy")
            }
        }

        /// One that is attached beside others is let go: neither the container nor they wait.
        @Test func anAttachedClientIsLetGo() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--name", "noisy", "busybox", "sh", "-c",
                    "sleep 2; " + Self.count(to: 80_000, pause: "sleep 0.01"))
                let slow = try engine.begin(["attach", "noisy"])
                let quick = try engine.begin(["attach", "noisy"])
                try slow.waitForOutput("1000000 ")
                try slow.signal(Self.stop)
                let whole = try quick.wait(seconds: 60)
                #expect(whole.status == 0)
                #expect(whole.lines.count == 80_001 && whole.lines.last == "the end")
                try slow.signal(Signals.continueSignal)
                let outcome = try slow.wait()
                #expect(outcome.status == 1)
                #expect(outcome.errorText.contains("read too slowly"), "\(outcome.errorText)")
                #expect(outcome.lines.count < 80_000)
                try engine.must("rm", "-f", "noisy")
            }
        }

        @Test func aFollowerOfALogAndAnExec() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--name", "noisy", "busybox", "sh", "-c",
                    Self.count(to: 30_000, pause: "sleep 0.01") + "; sleep 1000")
                let follower = try engine.begin(["logs", "-f", "noisy"])
                let executed = try engine.begin(["exec", "noisy", "sh", "-c", Self.count(to: 30_000)])
                try follower.waitForOutput("1000000 ")
                try executed.waitForOutput("1000000 ")
                for client in [follower, executed] { try client.signal(Self.stop) }
                try waitUntil("the container went on") { () throws in
                    try engine.must("logs", "--tail", "1", "noisy") == "the end"
                }
                #expect(try engine.must("exec", "noisy", "echo", "here") == "here")
                let daemon = Self.memory(try #require(engine.daemonPID))
                #expect(daemon < 200 << 20, "\(daemon)")
                for client in [follower, executed] { try client.signal(Signals.continueSignal) }
                #expect(try executed.wait(seconds: 60).lines.count == 30_001)
                try follower.waitForOutput("the end", seconds: 60)
                try engine.must("rm", "-f", "noisy")
                #expect(try follower.wait().lines.count == 30_001)
            }
        }

        @Test func aPullGoesOnForTheOthers() throws {
            let image = try Shelf.image(Images.medium, as: "medium:1")
            try withEngine([]) { (engine: Engine) throws in
                let first = try engine.begin(["pull", image])
                try first.waitForOutput("Pulling fs layer")
                try first.signal(Self.stop)
                #expect(try engine.run(["pull", "-q", image], seconds: 60).text == image)
                try first.signal(Signals.continueSignal)
                let outcome = try first.wait()
                #expect(outcome.status == 0, "\(outcome.errorText)")
                #expect(outcome.lines.last == image)
            }
        }
    }
}
