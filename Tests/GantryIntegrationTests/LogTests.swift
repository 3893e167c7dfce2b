import GantrySystem
import Testing

extension Integration {
    /// What `logs` shows, while the container runs and after.
    @Suite struct LogTests {
        @Test func followUntilTheEnd() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--name", "talks", "busybox", "sh", "-c",
                    "for i in 1 2 3 4 5 6; do echo $i; sleep 0.15; done; echo end >&2")
                let program = try engine.begin(["logs", "-f", "talks"])
                try program.waitForOutput("1\n")
                let outcome = try program.wait()
                #expect(outcome.lines == ["1", "2", "3", "4", "5", "6"])
                #expect(outcome.errorText == "end")
                #expect(outcome.status == 0)
            }
        }

        @Test func theLastLines() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "--name", "counts", "busybox", "seq", "1", "5000")
                #expect(try engine.must("logs", "counts").split(separator: "\n").count == 5000)
                #expect(try engine.must("logs", "--tail", "3", "counts") == "4998\n4999\n5000")
                #expect(try engine.must("logs", "--tail", "0", "counts") == "")
                #expect(try engine.must("logs", "-n", "all", "counts").hasPrefix("1\n2\n"))
                let stamped = try engine.must("logs", "-t", "--tail", "1", "counts")
                #expect(stamped.hasSuffix("Z 5000"))
                #expect(try engine.run(["logs", "nobody"]).status == 1)
            }
        }

        @Test func oddLinesAreKeptByteForByte() throws {
            try withEngine { (engine: Engine) throws in
                let script = #"printf 'tab\t"quote" \\ nul\0 é\nno end'; head -c 100000 /dev/zero | tr '\0' x"#
                let run = try engine.run(["run", "--name", "odd", "busybox", "sh", "-c", script])
                let logs = try engine.run(["logs", "odd"])
                #expect(run.output.count > 100_000)
                #expect(logs.output == run.output)
            }
        }

        @Test func fileIsDockersForm() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "--name", "form", "busybox", "echo", "line")
                let path = try engine.must("inspect", "-f", "{{.LogPath}}", "form")
                let line = String(decoding: try File.contents(path), as: UTF8.self)
                #expect(line.hasPrefix(#"{"log":"line\n","stream":"stdout","time":""#), "\(line)")
            }
        }
    }
}
