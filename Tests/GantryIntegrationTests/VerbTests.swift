import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// `restart`, `container prune`, and what `ps` shows when it is asked for some.
    @Suite struct VerbTests {
        @Test func restartStopsAndStarts() throws {
            try withEngine { (engine: Engine) throws in
                let script = "trap 'echo asked; exit 3' USR1; echo up; while :; do sleep 0.05; done"
                for name in ["one", "two"] {
                    try engine.must("run", "-d", "--name", name, "busybox", "sh", "-c", script)
                }
                try engine.must("create", "--name", "fresh", "busybox", "echo", "fresh")
                Clock.sleep(milliseconds: 300)
                let before = try engine.summary("one")["pid"]?.int
                let said = try engine.must("restart", "-s", "USR1", "-t", "20", "one", "two", "fresh")
                #expect(Set(said.split(separator: "\n")) == ["one", "two", "fresh"])
                Clock.sleep(milliseconds: 300)
                let after = try engine.summary("one")
                #expect(after["state"] == "running")
                #expect(after["pid"]?.int != before)
                #expect(try engine.must("logs", "one") == "up\nasked\nup")
                #expect(try engine.must("logs", "fresh") == "fresh")
                // Who does not listen is killed when its time is over.
                #expect(try engine.must("restart", "-s", "WINCH", "-t", "0", "two") == "two")
                #expect(try engine.must("logs", "two") == "up\nasked\nup\nup")
                let wrong = try engine.run(["restart", "-s", "NOPE", "one"])
                #expect(wrong.status == 1)
                #expect(wrong.errorText.contains("NOPE"))
                #expect(try engine.run(["restart", "nobody", "one"]).status == 1)
                try engine.must("kill", "one", "two")
            }
        }

        @Test func aContainerThatGoesWithItsEndSurvivesARestart() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "-d", "--rm", "--name", "brief", "busybox", "sleep", "1000")
                try engine.must("restart", "-t", "0", "brief")
                #expect(try engine.summary("brief")["state"] == "running")
                try engine.must("stop", "-t", "0", "brief")
                #expect(try engine.must("ps", "-aq") == "")
            }
        }

        @Test func pruneRemovesWhatDoesNotRun() throws {
            try withEngine { (engine: Engine) throws in
                func make() throws -> String {
                    try engine.must(
                        "run", "--name", "ended", "-l", "keep=no", "busybox", "sh", "-c",
                        "head -c 300000 /dev/zero > /f")
                    try engine.must("create", "--name", "made", "-l", "keep", "busybox", "true")
                    return try engine.must("ps", "-aq", "--no-trunc", "-f", "name=ended")
                }
                try engine.must("run", "-d", "--name", "runs", "busybox", "sleep", "1000")
                var ended = try make()
                // Asked, and not answered, or answered with no.
                for answer in ["", "n\n", "no\n", "\n"] {
                    let refused = try engine.run(["container", "prune"], input: .text(answer))
                    #expect(refused.status == 0)
                    #expect(refused.text.hasPrefix("WARNING! This will remove all stopped containers.\n"))
                    #expect(refused.text.hasSuffix("Total reclaimed space: 0B"))
                }
                #expect(try engine.must("ps", "-aq").split(separator: "\n").count == 3)
                let filtered = try engine.must("container", "prune", "-f", "--filter", "label=keep=no")
                #expect(filtered.hasPrefix("Deleted Containers:\n\(ended)\n\nTotal reclaimed space: 3"), "\(filtered)")
                try engine.must("container", "prune", "-f", "--filter", "until=1h")
                try engine.must("container", "prune", "-f", "--filter", "label!=keep")
                #expect(try engine.must("ps", "-a", "--format", "{{.Names}}") == "made\nruns")
                try engine.must("rm", "made")
                ended = try make()
                let all = try engine.run(["container", "prune"], input: .text("y\n"))
                #expect(all.text.contains("Deleted Containers:\n"))
                #expect(all.text.contains(ended))
                #expect(try engine.must("ps", "-a", "--format", "{{.Names}}") == "runs")
                for wrong in ["color=blue", "until=soon", "nothing", "=x"] {
                    let outcome = try engine.run(["container", "prune", "-f", "--filter", wrong])
                    #expect(outcome.status == 1)
                    #expect(outcome.errorText.contains(String(wrong.prefix(5))), "\(outcome.errorText)")
                }
            }
        }

        @Test func filters() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "--name", "zero", "-l", "a=1", "-l", "b", "busybox", "true")
                _ = try engine.run(["run", "--name", "three", "-l", "a=2", "busybox", "sh", "-c", "exit 3"])
                try engine.must("create", "--name", "made", "-v", "kept:/data", "busybox", "true")
                let id = try engine.must(
                    "run", "-d", "--name", "web-1", "-v", "/tmp:/host:ro", "busybox", "sleep", "1000")
                func names(_ filters: String..., all: Bool = true) throws -> [String] {
                    let arguments = filters.flatMap { ["--filter", $0] }
                    let outcome = try engine.run(["ps", "--format", "{{.Names}}"] + (all ? ["-a"] : []) + arguments)
                    #expect(outcome.status == 0, "\(outcome.errorText)")
                    return outcome.lines.filter { !$0.isEmpty }.sorted()
                }
                #expect(try names("name=e") == ["made", "three", "web-1", "zero"])
                #expect(try names("name=^made$", "name=web") == ["made", "web-1"])
                #expect(try names("name=^/zero$") == ["zero"])
                #expect(try names("id=\(id.prefix(12))") == ["web-1"])
                #expect(try names("label=a") == ["three", "zero"])
                #expect(try names("label=a=1", "label=b") == ["zero"])
                #expect(try names("label=a=1", "label=a=2") == [])
                #expect(try names("exited=3") == ["three"])
                #expect(try names("exited=0", "exited=3") == ["three", "zero"])
                #expect(try names("exited=3", all: false) == [])
                // A status means those that do not run as well.
                #expect(try names("status=exited", all: false) == ["three", "zero"])
                #expect(try names("status=created", "status=running", all: false) == ["made", "web-1"])
                #expect(try names("status=paused") == [])
                #expect(try names("before=made") == ["three", "zero"])
                #expect(try names("since=made") == ["web-1"])
                #expect(try names("volume=kept") == ["made"])
                #expect(try names("volume=/data") == ["made"])
                #expect(try names("volume=/tmp") == ["web-1"])
                #expect(try names("ancestor=busybox").count == 4)
                #expect(try names("ancestor=busybox:latest", "exited=0") == ["zero"])
                #expect(try names("ancestor=nothing-like-it") == [])
                #expect(try names(all: false) == ["web-1"])
                for (wrong, word) in [
                    ("colour=red", "colour"), ("status=happy", "happy"), ("exited=x", "exited=x"),
                    ("name=[", "["), ("before=nobody", "nobody"), ("health=healthy", "health"),
                    ("is-task=true", "swarm"), ("network=web", "network"), ("name", "NAME=VALUE"),
                    ("until=1h", "prune"),
                ] {
                    let outcome = try engine.run(["ps", "-f", wrong])
                    #expect(outcome.status == 1)
                    #expect(outcome.errorText.contains(word), "\(outcome.errorText)")
                }
            }
        }

        @Test func theLastAndTheirSizes() throws {
            try withEngine { (engine: Engine) throws in
                for name in ["aa", "bb", "cc"] {
                    try engine.must("run", "--name", name, "busybox", "sh", "-c", "head -c 100000 /dev/zero > /f")
                }
                #expect(try engine.must("ps", "-l", "--format", "{{.Names}}") == "cc")
                #expect(try engine.must("ps", "-n", "2", "--format", "{{.Names}}") == "cc\nbb")
                #expect(try engine.must("ps", "-n2", "-q", "-f", "name=aa").split(separator: "\n").count == 1)
                let size = try engine.must("ps", "-l", "--format", "{{.Size}}")
                #expect(size.hasPrefix("1"), "\(size)")
                #expect(size.contains("kB (virtual "))
                let table = try engine.must("ps", "-as").split(separator: "\n")
                #expect(table.first?.hasSuffix("SIZE") == true)
                #expect(table.count == 4)
                #expect(
                    try engine.must("ps", "-a", "--format", "{{.Mounts}}|{{.Networks}}|{{.LocalVolumes}}")
                        == "|none|0\n|none|0\n|none|0")
            }
        }

        @Test func logsOfATime() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "--name", "talks", "busybox", "sh", "-c", "for i in 1 2 3 4; do echo $i; sleep 0.4; done")
                let stamps = try engine.must("logs", "-t", "talks").split(separator: "\n")
                    .map { String($0.split(separator: " ")[0]) }
                func logs(_ options: String...) throws -> String {
                    let outcome = try engine.run(["logs"] + options + ["talks"])
                    #expect(outcome.status == 0, "\(outcome.errorText)")
                    return outcome.lines.joined(separator: " ")
                }
                #expect(try logs("--since", stamps[1]) == "2 3 4")
                #expect(try logs("--until", stamps[1]) == "1 2")
                #expect(try logs("--since", stamps[1], "--until", stamps[2]) == "2 3")
                #expect(try logs("--until", stamps[2], "--tail", "2") == "2 3")
                #expect(try logs("--since", stamps[2], "--tail", "3") == "3 4")
                #expect(try logs("-f", "--since", stamps[2]) == "3 4")
                #expect(try logs("--since", "10m") == "1 2 3 4")
                #expect(try logs("--since", "1h30m", "--until", "0s") == "1 2 3 4")
                #expect(try logs("--until", "10m") == "")
                #expect(try logs("--since", "0.5") == "1 2 3 4")
                #expect(try logs("--since", "2020-01-01", "-n", "1") == "4")
                for wrong in ["yesterday", "10x", "2026-99-01"] {
                    let outcome = try engine.run(["logs", "--since", wrong, "talks"])
                    #expect(outcome.status == 1)
                    #expect(outcome.errorText.contains("'\(wrong)'"))
                }
            }
        }
    }
}
