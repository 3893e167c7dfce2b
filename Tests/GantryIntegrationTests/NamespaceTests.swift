import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// `--pid`, `--ipc`, `--uts`, names, limits and settings of the kernel, seen from inside.
    @Suite struct NamespaceTests {
        private static func namespace(_ type: String) throws -> String { try Path.readLink("/proc/self/ns/\(type)") }

        @Test(arguments: ["crun", "runc"])
        func theMachines(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                for type in ["pid", "ipc", "uts"] {
                    func inside(_ options: String...) throws -> String {
                        let command = ["run", "--rm", "--runtime", runtime] + options
                        let outcome = try engine.run(command + ["busybox", "readlink", "/proc/self/ns/\(type)"])
                        #expect(outcome.status == 0, "\(outcome.errorText)")
                        return outcome.text
                    }
                    #expect(try inside("--\(type)", "host") == Self.namespace(type))
                    #expect(try inside("--\(type)", "private") != Self.namespace(type))
                    #expect(try inside() != Self.namespace(type))
                }
                let node = Host.name().node
                for option in ["--uts", "--network"] {
                    #expect(
                        try engine.must("run", "--rm", "--runtime", runtime, option, "host", "busybox", "hostname")
                            == node)
                }
                // The host's own memory, not a copy of it.
                let name = "gantry-\(Processes.current)-\(runtime)"
                defer { try? Path.unlink("/dev/shm/" + name) }
                try engine.must(
                    "run", "--rm", "--runtime", runtime, "--ipc", "host", "busybox", "touch", "/dev/shm/" + name)
                #expect(Path.exists("/dev/shm/" + name))
            }
        }

        /// Nothing but the cgroup holds the processes of a container that has the machine's PID namespace.
        @Test(arguments: ["crun", "runc"])
        func nothingIsLeftOfOneThatSeesAllProcesses(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                let said = try engine.must(
                    "run", "--rm", "--runtime", runtime, "--pid", "host", "busybox", "sh", "-c",
                    "sleep 1000 >/dev/null 2>&1 & echo $!")
                let child = try #require(Int32(said))
                // The books of the engine count processes as well; this names the very one.
                for _ in 0..<100 where Processes.state(child) != nil { Clock.sleep(milliseconds: 20) }
                #expect(Processes.state(child) == nil)
                try engine.must(
                    "run", "-d", "--name", "seeing", "--runtime", runtime, "--pid", "host", "busybox", "sleep", "1000")
                let pid = try #require(Int32(engine.must("inspect", "-f", "{{.State.Pid}}", "seeing")))
                #expect(try engine.must("exec", "seeing", "cat", "/proc/\(pid)/cmdline") == "sleep\u{0}1000\u{0}")
                try engine.must("stop", "-t", "0", "seeing")
                #expect(Processes.state(pid) == nil)
            }
        }

        @Test(arguments: ["crun", "runc"])
        func anotherContainers(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "run", "-d", "--name", "owner", "--runtime", runtime, "--ipc", "shareable", "--shm-size", "1m",
                    "busybox", "sh", "-c", "echo shared > /dev/shm/word; sleep 1000")
                try engine.must("run", "-d", "--name", "alone", "--runtime", runtime, "busybox", "sleep", "1000")
                let joined = try engine.must(
                    "run", "--rm", "--runtime", runtime, "--pid", "container:owner", "--ipc", "container:owner",
                    "busybox", "sh", "-c",
                    "tr '\\0' ' ' < /proc/1/cmdline; echo; cat /dev/shm/word; df -k /dev/shm | tail -1 | grep -o ' 1024 '; echo back > /dev/shm/back"
                )
                #expect(
                    joined.split(separator: "\n") == [
                        "sleep 1000 ", "shared", " 1024 ",
                    ])
                #expect(try engine.must("exec", "owner", "cat", "/dev/shm/back") == "back")
                for (option, reason) in [
                    ("--ipc=container:alone", "not shareable"), ("--ipc=container:nobody", "no such container"),
                    ("--pid=container:nobody", "no such container"),
                ] {
                    let refused = try engine.run(["run", "--rm", option, "busybox", "true"])
                    #expect(refused.status == 125)
                    #expect(refused.errorText.contains(reason), "\(refused.errorText)")
                }
                // A name may pass on to another container; what was joined stays joined. Its end is that of its guests.
                try engine.must(
                    "run", "-d", "--name", "guest", "--runtime", runtime, "--pid", "container:owner", "busybox",
                    "sleep", "1000")
                let id = try engine.must("inspect", "-f", "{{.Id}}", "owner")
                #expect(try engine.must("inspect", "-f", "{{.HostConfig.PidMode}}", "guest") == "container:" + id)
                // The daemon may go away in between: its memory is the shim's directory.
                try engine.restart()
                #expect(try engine.must("exec", "owner", "cat", "/dev/shm/word") == "shared")
                try engine.must("stop", "-t", "0", "owner")
                #expect(try engine.must("wait", "guest") == "137")
                let stopped = try engine.run(["start", "guest"])
                #expect(stopped.status == 1)
                #expect(stopped.errorText.contains("not running"), "\(stopped.errorText)")
                try engine.removeAllContainers()
            }
        }

        @Test(arguments: ["crun", "runc"])
        func sharedMemory(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                func size(_ options: String...) throws -> String {
                    try engine.run(
                        ["run", "--rm", "--runtime", runtime] + options
                            + ["busybox", "sh", "-c", "df -k /dev/shm | tail -1 | awk '{print $2}'"]
                    ).text
                }
                #expect(try size() == "65536")
                #expect(try size("--shm-size", "3m") == "3072")
                #expect(try size("--shm-size=2097152") == "2048")
                let none = try engine.run([
                    "run", "--rm", "--runtime", runtime, "--ipc", "none", "busybox", "ls", "/dev/shm",
                ])
                #expect(none.status == 1)
                #expect(none.errorText.contains("No such file"))
            }
        }

        @Test(arguments: ["crun", "runc"])
        func limitsAndSettings(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                let said = try engine.must(
                    "run", "-d", "--name", "tuned", "--runtime", runtime, "--ulimit", "nofile=100:200", "--ulimit",
                    "core=-1", "--ulimit",
                    "nproc=64", "--sysctl", "net.ipv4.ip_forward=1", "--sysctl", "kernel.msgmax=4242", "--sysctl",
                    "net.ipv4.ip_unprivileged_port_start=7", "busybox", "sleep", "1000")
                #expect(said.count == 64)
                let command = """
                    ulimit -n; ulimit -Hn; ulimit -c; grep processes /proc/self/limits | tr -s ' '
                    cd /proc/sys; cat net/ipv4/ip_forward kernel/msgmax net/ipv4/ip_unprivileged_port_start net/ipv4/ping_group_range
                    """
                let lines = try engine.must("exec", "tuned", "sh", "-c", command).split(separator: "\n").map(
                    String.init)
                // runc 1.1 sets an exec's limits while the Go runtime of its own child may be raising the soft one of open
                // files to the hard one: which comes last is chance. Of the container's first process it is right.
                #expect(lines[0] == "100" || runtime == "runc" && lines[0] == "200")
                #expect(lines[1...2] == ["200", "unlimited"])
                let pid = try engine.must("inspect", "-f", "{{.State.Pid}}", "tuned")
                let first = Machine.read("/proc/\(pid)/limits").split(separator: "\n").first {
                    $0.hasPrefix("Max open files")
                }
                #expect(first?.split(separator: " ").dropFirst(3).prefix(2) == ["100", "200"])
                #expect(lines[3] == "Max processes 64 64 processes ")
                #expect(lines[4...] == ["1", "4242", "7", "0\t2147483647"])
                #expect(
                    try engine.must("inspect", "-f", "{{json .HostConfig.Ulimits}}", "tuned")
                        == #"[{"Name":"nofile","Soft":100,"Hard":200},{"Name":"core","Soft":-1,"Hard":-1},{"Name":"nproc","Soft":64,"Hard":64}]"#
                )
                try engine.must("rm", "-f", "tuned")
            }
        }

        @Test(arguments: ["crun", "runc"])
        func names(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                let lines = try engine.must(
                    "run", "--rm", "--runtime", runtime, "-h", "box", "--domainname", "example.org", "--add-host",
                    "db:10.1.2.3", "--add-host", "six=[2001:db8::1]", "--dns", "192.0.2.1", "--dns", "2001:db8::2",
                    "--dns-search", "example.org", "--dns-option", "ndots:3", "busybox", "sh", "-c",
                    "hostname; cat /proc/sys/kernel/domainname /etc/hostname; tail -2 /etc/hosts; cat /etc/resolv.conf"
                ).split(separator: "\n").map(String.init)
                #expect(lines[0...4] == ["box", "example.org", "box", "10.1.2.3\tdb", "2001:db8::1\tsix"])
                #expect(
                    lines[5...] == [
                        "nameserver 192.0.2.1", "nameserver 2001:db8::2", "search example.org", "options ndots:3",
                    ])
                let same = try engine.must("run", "--rm", "--runtime", runtime, "busybox", "cat", "/etc/resolv.conf")
                #expect(same + "\n" == Machine.read("/etc/resolv.conf"))
            }
        }

        @Test(arguments: [
            (["--pid", "nobody"], "none of private, host, container:NAME"), (["--ipc", "x"], "shareable"),
            (["--uts", "container:x"], "none of private, host"), (["--uts", "host", "-h", "x"], "exclude each other"),
            (["--uts", "host", "--domainname", "x"], "exclude each other"),
            (["--ulimit", "files=3"], "'files' is none of"),
            (["--ulimit", "nofile=9:3"], "above the hard one"), (["--shm-size", "0x"], "no size"),
            (["--sysctl", "kernel.panic=1"], "the whole machine's"),
            (["--sysctl", "net/../kernel.panic=1"], "the whole machine's"),
            (["--sysctl", "net.ipv4.ip_forward=1", "--network", "host"], "not allowed in the machine's network"),
            (["--sysctl", "kernel.msgmax=1", "--ipc", "host"], "not allowed in another's IPC namespace"),
            (["--add-host", "db"], "not NAME:ADDRESS"), (["--add-host", "db:x"], "no IP address"),
            (["--add-host", "db:host-gateway"], "host-gateway"), (["--dns", "one.one"], "no IP address"),
            (["--tmpfs", "/x:fast"], "no option 'fast'"), (["--tmpfs", "/x:size=much"], "'much' is none"),
            (["--stop-timeout", "-2"], "nor -1"), (["--stop-signal", "SIGFOO"], "no such signal"),
            (["--restart", "always"], "--restart is not available"), (["-p", "80:80"], "bridge networks"),
            (["-P"], "bridge networks"),
            (["--volumes-from", "x"], "not available"), (["--gpus", "all"], "not available"),
            (["--health-cmd", "x"], "not available"), (["--log-driver", "syslog"], "not available"),
            (["--log-driver", "gelf"], "json-file, journald and none"),
        ])
        func refusals(_ options: [String], _ reason: String) throws {
            try withEngine { (engine: Engine) throws in
                let refused = try engine.run(["run", "--rm"] + options + ["busybox", "true"])
                #expect(refused.status == 125)
                #expect(refused.errorText.contains(reason), "\(refused.errorText)")
                #expect(refused.text == "")
                #expect(try engine.must("ps", "-aq") == "")
            }
        }

        @Test func filesOfIdsAndLabels() throws {
            try withEngine { (engine: Engine) throws in
                let file = engine.scratch + "/id"
                let labels = engine.scratch + "/labels"
                try File.replace(labels, with: Array("# comment\nrole=front\nbare\n".utf8), sync: false)
                let id = try engine.must(
                    "run", "-d", "--cidfile", file, "--label-file", labels, "--label", "role=back", "--name", "kept",
                    "busybox", "true")
                #expect(String(decoding: try File.contents(file), as: UTF8.self) == id)
                #expect(
                    try engine.must("inspect", "-f", "{{json .Config.Labels}}", "kept") == #"{"bare":"","role":"back"}"#
                )
                // It is another container's, and stays.
                for verb in [("run", Int32(125)), ("create", 1)] {
                    let refused = try engine.run([verb.0, "--cidfile", file, "busybox", "true"])
                    #expect(refused.status == verb.1)
                    #expect(refused.errorText.contains("container ID file found"))
                }
                #expect(String(decoding: try File.contents(file), as: UTF8.self) == id)
                // Without a container there is no file.
                let none = try engine.run(["run", "--cidfile", file + "2", "--name", "kept", "busybox", "true"])
                #expect(none.status == 125)
                #expect(!Path.exists(file + "2"))
                let nowhere = try engine.run(["run", "--cidfile", "/none/id", "busybox", "true"])
                #expect(nowhere.status == 125)
                #expect(nowhere.errorText.contains("no such file"))
                #expect(try engine.must("ps", "-aq", "--no-trunc") == id)
            }
        }
    }
}
