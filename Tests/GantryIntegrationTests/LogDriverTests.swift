import GantryClient
import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// Rotation, `none`, `journald` and `mode=non-blocking`.
    @Suite struct LogDriverTests {
        /// Numbered lines of 100 bytes.
        private static func count(to last: Int) -> String {
            "i=0; while [ $i -lt \(last) ]; do printf '%099d\\n' $i; i=$((i+1)); done"
        }

        private static func numbers(_ lines: [String]) -> [Int] { lines.compactMap { Int($0) } }

        @Test func filesAreRotated() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--name", "chatty", "--log-opt", "max-size=100k", "--log-opt", "max-file=3", "busybox",
                    "sh",
                    "-c", Self.count(to: 2000) + "; echo end")
                try engine.must("wait", "chatty")
                let path = try engine.must("inspect", "-f", "{{.LogPath}}", "chatty")
                let names = try Directory.list(Path.parent(of: path)).map(\.name).filter { $0.contains("-json.log") }
                    .sorted()
                let name = Path.name(of: path)
                #expect(names == [name, name + ".1", name + ".2"])
                for name in names {
                    #expect(try FileStatus.of(Path.parent(of: path) + "/" + name).size <= 100_000)
                }
                // What is kept is whole and in order, and ends with the last word.
                let lines = try engine.run(["logs", "chatty"]).lines
                #expect(lines.last == "end")
                let kept = Self.numbers(lines)
                #expect(kept.count > 800 && kept.count < 2000, "\(kept.count)")
                #expect(kept == Array((2000 - kept.count)..<2000))
                // Over the border between two files.
                for tail in [1, 500, 900, 5000] {
                    let outcome = try engine.run(["logs", "-n", "\(tail)", "chatty"])
                    #expect(outcome.lines == Array(lines.suffix(tail)))
                }
                let stamped = try engine.run(["logs", "-t", "chatty"]).lines
                let moment = String(stamped[300].prefix { $0 != " " })
                #expect(try engine.run(["logs", "--since", moment, "chatty"]).lines == Array(lines[300...]))
                // Another start goes on in the same files.
                try engine.must("start", "chatty")
                try engine.must("wait", "chatty")
                #expect(try Directory.list(Path.parent(of: path)).count { $0.name.contains("-json.log") } == 3)
            }
        }

        @Test func aFollowerMissesNothingOfARotation() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "-i", "--name", "long", "--log-opt", "max-size=50k", "--log-opt", "max-file=50",
                    "busybox",
                    "sh", "-c",
                    "sleep 1; i=0; while [ $i -lt 4000 ]; do printf '%099d\\n' $i; i=$((i+1)); [ $((i%50)) = 0 ] && sleep 0.05; done"
                )
                let follower = try engine.begin(["logs", "-f", "long"])
                Clock.sleep(milliseconds: 2500)
                // The daemon goes away in the middle of it, and the place is found again in a file that has another name by now.
                try engine.kill()
                Clock.sleep(milliseconds: 1000)
                try engine.start()
                let lines = try follower.wait(seconds: 60).lines
                #expect(Self.numbers(lines) == Array(0..<4000), "\(lines.count) lines")
            }
        }

        @Test func none() throws {
            try withEngine { (engine: Engine) throws in
                #expect(
                    try engine.must("run", "--name", "silent", "--log-driver", "none", "busybox", "echo", "heard")
                        == "heard")
                let refused = try engine.run(["logs", "silent"])
                #expect(refused.status == 1)
                #expect(refused.errorText.contains("log driver none"))
                #expect(try engine.must("inspect", "-f", "{{.HostConfig.LogConfig.Type}}", "silent") == "none")
            }
        }

        @Test func wrongOptionsAreRefused() throws {
            try withEngine { (engine: Engine) throws in
                let wrong = [
                    ["--log-driver", "syslog"], ["--log-opt", "max-size=huge"], ["--log-opt", "max-size=10"],
                    ["--log-opt", "max-file=0"], ["--log-opt", "max-file=many"], ["--log-opt", "color=blue"],
                    ["--log-opt", "mode=sometimes"], ["--log-opt", "max-buffer-size=1m"],
                    ["--log-opt", "compress=true"],
                    ["--log-opt", "nothing"], ["--log-driver", "none", "--log-opt", "max-size=1m"],
                    ["--log-opt", "max-size=-1", "--log-opt", "max-file=3"],
                ]
                for options in wrong {
                    let outcome = try engine.run(["run", "--rm"] + options + ["busybox", "true"])
                    #expect(outcome.status == 125, "\(options)")
                    #expect(outcome.errorText.contains("log"), "\(outcome.errorText)")
                }
                #expect(try engine.must("ps", "-aq") == "")
            }
        }

        /// A reader that takes nothing holds the one container back, and not the other.
        @Test func nonBlockingLogsLoseAndCount() throws {
            try withEngine { (engine: Engine) throws in
                // No place on the disk: the log is a full file system, its entries are lost and counted.
                try engine.must(
                    "create", "--name", "flood", "--log-opt", "mode=non-blocking", "--log-opt", "max-buffer-size=4k",
                    "busybox",
                    "sh", "-c", Self.count(to: 3000))
                let path = try engine.must("inspect", "-f", "{{.LogPath}}", "flood")
                try Path.symlink("/dev/full", as: path)
                try engine.must("start", "flood")
                #expect(try engine.must("wait", "flood") == "0")
                let lost = try #require(Int(engine.must("inspect", "-f", "{{.State.LogDropped}}", "flood")))
                #expect(lost == 3000)
                try Path.unlink(path)
                // With room for all it loses nothing, however it is kept.
                try engine.must(
                    "run", "--name", "calm", "--log-opt", "mode=non-blocking", "--log-opt", "max-buffer-size=10m",
                    "busybox",
                    "sh", "-c", Self.count(to: 3000))
                #expect(try Self.numbers(engine.run(["logs", "calm"]).lines) == Array(0..<3000))
                #expect(try engine.must("inspect", "-f", "{{.State.LogDropped}}", "calm") == "0")
            }
        }
    }
}
