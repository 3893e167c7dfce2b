import GantrySystem
import Testing

extension Integration {
    /// The options of `run`, one by one, seen from inside.
    @Suite struct RunOptionTests {
        @Test func environment() throws {
            try withEngine { (engine: Engine) throws in
                let file = engine.scratch + "/env"
                try File.replace(file, with: Array("# comment\nFILE=from file\nBOTH=file\nPASSED\n".utf8), sync: false)
                let outcome = try engine.run(
                    [
                        "run", "--rm", "--env-file", file, "-e", "BOTH=option", "-e", "EMPTY=", "-e", "OUTER", "-e",
                        "ABSENT", "busybox", "env",
                    ], extra: ["OUTER=outside", "PASSED=through"])
                let lines = Set(outcome.lines)
                for line in ["FILE=from file", "BOTH=option", "EMPTY=", "OUTER=outside", "PASSED=through"] {
                    #expect(lines.contains(line), "\(lines.sorted())")
                }
                #expect(!lines.contains { $0.hasPrefix("ABSENT") || $0.hasPrefix("#") || $0.hasPrefix("TMPDIR") })
                let missing = try engine.run(["run", "--rm", "--env-file", "/no/file", "busybox", "env"])
                #expect(missing.status == 125)
                #expect(missing.errorText.contains("/no/file"))
            }
        }

        @Test func defaultEnvironmentIsDockers() throws {
            try withEngine { (engine: Engine) throws in
                // Not by `sh`, which sets variables of its own.
                let id = try engine.must("create", "--name", "seen", "busybox", "env")
                let lines = try Set(engine.must("start", "-a", "seen").split(separator: "\n").map(String.init))
                let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                #expect(lines == [path, "HOSTNAME=\(id.prefix(12))", "HOME=/root"])
            }
        }

        @Test func users() throws {
            try withEngine { (engine: Engine) throws in
                func ids(_ user: String) throws -> String {
                    try engine.must("run", "--rm", "-u", user, "busybox", "sh", "-c", "id -u; id -g; echo $HOME")
                        .split(separator: "\n").joined(separator: " ")
                }
                #expect(try ids("0") == "0 0 /root")
                #expect(try ids("1234") == "1234 0 /")
                #expect(try ids("1234:5678") == "1234 5678 /")
                #expect(try ids("root") == "0 0 /root")
                #expect(try ids("root:7") == "0 7 /root")
                for unknown in ["stranger", "root:strangers"] {
                    let outcome = try engine.run(["run", "--rm", "-u", unknown, "busybox", "true"])
                    #expect(outcome.status == 125)
                    #expect(outcome.errorText.contains("stranger"), "\(outcome.errorText)")
                }
            }
        }

        @Test func otherUsersHaveNoCapabilities() throws {
            try withEngine { (engine: Engine) throws in
                let caps = try engine.must(
                    "run", "--rm", "-u", "1234", "busybox", "grep", "-E", "Cap(Eff|Bnd)", "/proc/self/status")
                #expect(caps == "CapEff:\t0000000000000000\nCapBnd:\t00000000a80425fb")
            }
        }

        @Test func entrypointAndCommand() throws {
            try withEngine { (engine: Engine) throws in
                #expect(try engine.must("run", "--rm", "--entrypoint", "echo", "busybox", "a", "-b") == "a -b")
                let shell = try engine.run(["run", "--rm", "-i", "busybox"], input: .text("echo default command"))
                #expect(shell.text == "default command")
                #expect(
                    try engine.must("run", "--rm", "busybox", "echo", "--rm", "-i", "--name", "x") == "--rm -i --name x"
                )
            }
        }

        /// It takes the lock of moves between cgroups before each start, and stays where it is.
        @Test func theDaemonStaysInItsCgroup() throws {
            try withEngine { (engine: Engine) throws in
                let file = "/proc/\(try #require(engine.daemonPID))/cgroup"
                let before = Machine.read(file)
                try engine.must("run", "-d", "--name", "here", "busybox", "sleep", "1000")
                try engine.must("exec", "here", "true")
                try engine.must("rm", "-f", "here")
                #expect(Machine.read(file) == before)
                #expect(!before.isEmpty)
            }
        }

        @Test func networks() throws {
            try withEngine { (engine: Engine) throws in
                let own = try Path.readLink("/proc/self/ns/net")
                #expect(
                    try engine.must("run", "--rm", "--network", "host", "busybox", "readlink", "/proc/self/ns/net")
                        == own)
                #expect(
                    try engine.must("run", "--rm", "--network", "none", "busybox", "readlink", "/proc/self/ns/net")
                        != own)
                #expect(try engine.must("run", "--rm", "busybox", "ls", "/sys/class/net") == "lo")
                let later = try engine.run(["run", "--rm", "-p", "80:80", "busybox", "true"])
                #expect(later.status == 125)
                #expect(!later.errorText.isEmpty)
            }
        }

        @Test(arguments: ["crun", "runc", "path"])
        func runtimes(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                let name = try runtime == "path" ? #require(Machine.find("crun")) : runtime
                let outcome = try engine.run(
                    ["run", "--rm", "-i", "--runtime", name, "busybox", "sh", "-c", "cat; exit 6"], input: .text("in"))
                #expect(outcome.text == "in")
                #expect(outcome.status == 6)
                for (program, status) in [("/none", Int32(127)), ("/etc/passwd", 126)] {
                    let failed = try engine.run(["run", "--rm", "--runtime", name, "busybox", program])
                    #expect(failed.status == status, "\(failed.errorText)")
                    #expect(!failed.errorText.isEmpty)
                }
            }
        }

        @Test func everyExitStatus() throws {
            try withEngine { (engine: Engine) throws in
                // A sample over the whole range; each is a container of its own.
                for status: Int32 in [0, 1, 2, 63, 64, 124, 125, 126, 127, 128, 130, 137, 143, 254, 255] {
                    let outcome = try engine.run(["run", "--rm", "busybox", "sh", "-c", "exit \(status)"])
                    #expect(outcome.status == status)
                    #expect(outcome.errorText == "")
                }
            }
        }
    }
}
