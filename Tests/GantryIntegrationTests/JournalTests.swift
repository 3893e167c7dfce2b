import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// The journald driver with systemd's own journal.
    @Suite struct JournalTests {
        @Test(
            .enabled(
                if: !Path.exists("/run/systemd/journal/socket"), "the machine has a journal, which is not the test's"))
        func entriesReachIt() throws {
            try Machine.require(program: "journalctl")
            try withEngine { (engine: Engine) throws in
                let journal = try Journal()
                var failure: (any Error)?
                do {
                    for _ in 0..<100 where !journal.isReady { Clock.sleep(milliseconds: 50) }
                    let id = try engine.must(
                        "run", "-d", "--name", "told", "--log-driver", "journald", "--log-opt", "tag={{.Name}}/{{.ID}}",
                        "--log-opt", "labels=role", "-l", "role=front", "--log-opt", "env=COLOR", "-e", "COLOR=blue",
                        "busybox", "sh", "-c",
                        "echo out; echo err >&2; printf 'with\\ttab \\303\\244\\n'; printf tail; sleep 0.1; exit 4")
                    #expect(try engine.must("wait", "told") == "4")
                    let entries = try journal.entries(engine, "CONTAINER_ID_FULL=\(id)")
                    let messages = entries.compactMap { $0["MESSAGE"]?.string }
                    #expect(Set(messages) == ["out", "err", "with\ttab ä", "tail"], "\(messages)")
                    let error = try #require(entries.first { $0["MESSAGE"] == "err" })
                    #expect(error["PRIORITY"] == "3")
                    #expect(error["CONTAINER_NAME"] == "told")
                    #expect(error["CONTAINER_TAG"] == .string("told/" + id.prefix(12)))
                    #expect(error["SYSLOG_IDENTIFIER"] == .string("told/" + id.prefix(12)))
                    #expect(error["ROLE"] == "front")
                    #expect(error["COLOR"] == "blue")
                    #expect(error["IMAGE_NAME"] == "busybox")
                    #expect(entries.first { $0["MESSAGE"] == "tail" }?["CONTAINER_PARTIAL_MESSAGE"] == "true")
                    let refused = try engine.run(["logs", "told"])
                    #expect(refused.status == 1)
                    #expect(refused.errorText.contains("journalctl CONTAINER_ID_FULL=\(id)"))
                    #expect(try engine.must("inspect", "-f", "{{.State.LogDropped}}", "told") == "0")
                } catch { failure = error }
                try journal.end()
                if let failure { throw failure }
                // Nobody there: the container runs all the same, and what is lost is counted.
                try engine.must(
                    "run", "--name", "alone", "--log-driver", "journald", "busybox", "sh", "-c", "echo 1; echo 2")
                #expect(try engine.must("inspect", "-f", "{{.State.LogDropped}}", "alone") == "2")
            }
        }
    }
}
