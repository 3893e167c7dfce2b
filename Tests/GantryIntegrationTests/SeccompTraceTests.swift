import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// Which system call it was: refused by a filter that is traced, or killed for.
    @Suite struct SeccompTraceTests {
        @Test(arguments: ["crun", "runc"])
        func refusedCallsAreNamed(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                let script =
                    "mount -t tmpfs x /mnt; mount -t tmpfs x /mnt; unshare -n true; swapoff /dev/x; echo went on"
                let plain = try engine.run(["run", "--rm", "--runtime", runtime, "busybox", "sh", "-c", script])
                let traced = try engine.run([
                    "run", "--name", "traced", "--runtime", runtime, "--trace-seccomp", "busybox", "sh", "-c", script,
                ])
                #expect(traced.status == 0 && traced.text == "went on")
                #expect(traced.errorText == plain.errorText, "nothing is different for the container")
                let words = try engine.must("explain", "traced")
                #expect(words.contains("mount (operation not permitted, 2 times, first by 'mount')"), "\(words)")
                #expect(words.contains("unshare (operation not permitted, once, first by 'unshare')"), "\(words)")
                #expect(words.contains("swapoff (operation not permitted, once"), "\(words)")
                // While it runs, executed processes included, and over a daemon that was killed.
                try engine.must(
                    "run", "-d", "--name", "lives", "--runtime", runtime, "--trace-seccomp", "busybox", "sleep", "1000")
                #expect(try engine.must("explain", "lives").contains("refused nothing"))
                #expect(try engine.run(["exec", "lives", "mount", "-t", "tmpfs", "x", "/mnt"]).status == 1)
                #expect(try engine.must("explain", "lives").contains("mount (operation not permitted, once"))
                try engine.kill()
                try engine.start()
                #expect(try engine.run(["exec", "lives", "mount", "-t", "tmpfs", "x", "/mnt"]).status == 1)
                #expect(try engine.must("explain", "lives").contains("mount (operation not permitted, 2 times"))
                try engine.must("stop", "-t", "0", "lives")
                #expect(try engine.must("explain", "lives").contains("mount (operation not permitted, 2 times"))
            }
        }

        /// A profile of the user's own, with an error of its own, and a kill that stays one.
        @Test(arguments: ["crun", "runc"])
        func killsAreNamed(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                let profile = engine.scratch + "/profile.json"
                let text = """
                    {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                      {"names": ["sethostname"], "action": "SCMP_ACT_KILL_PROCESS"},
                      {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}
                    """
                try File.replace(profile, with: Array(text.utf8), sync: false)
                let options = ["--runtime", runtime, "--security-opt", "seccomp=\(profile)"]
                let killed = try engine.run(["run", "--name", "killed"] + options + ["busybox", "hostname", "x"])
                #expect(killed.status == 159)
                let words = try engine.must("explain", "killed")
                #expect(words.contains("The call was sethostname, made by 'hostname'."), "\(words)")
                let below = try engine.run(
                    ["run", "--name", "below"] + options + ["busybox", "sh", "-c", "hostname x; exit $?"])
                #expect(below.status == 159)
                let likely = try engine.must("explain", "below")
                #expect(likely.contains("killed 'hostname' for the call sethostname"), "\(likely)")
                let traced = try engine.run(
                    ["run", "--name", "traced", "--trace-seccomp"] + options
                        + ["busybox", "sh", "-c", "mkdir /x; exec hostname x"])
                #expect(traced.status == 159 && traced.errorText.contains("not supported"), "\(traced.errorText)")
                let both = try engine.must("explain", "traced")
                #expect(both.contains("mkdir (operation not supported, once, first by 'mkdir')"), "\(both)")
                #expect(both.contains("The call was sethostname"), "\(both)")
            }
        }

        @Test func whatCannotBeTracedIsRefusedBeforeAnythingIsMade() throws {
            try withEngine { (engine: Engine) throws in
                let profile = engine.scratch + "/asks.json"
                let asks =
                    #"{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/run/x","syscalls":[{"names":["mount"],"action":"SCMP_ACT_NOTIFY"}]}"#
                try File.replace(profile, with: Array(asks.utf8), sync: false)
                for options in [
                    ["--privileged"], ["--security-opt", "seccomp=unconfined"],
                    ["--security-opt", "seccomp=\(profile)"],
                ] {
                    let outcome = try engine.run(["run", "--rm", "--trace-seccomp"] + options + ["busybox", "true"])
                    #expect(outcome.status == 125 && outcome.errorText.contains("traceSeccomp"), "\(outcome.errorText)")
                }
                #expect(try engine.must("ps", "-aq") == "")
            }
        }

        /// The shim answers for the filter: with it gone, calls are refused all the same, and the container is ended as any
        /// whose shim is lost.
        @Test func aShimThatDiesLeavesNothing() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "-d", "--name", "asks", "--trace-seccomp", "busybox", "sleep", "1000")
                let pid = try engine.must("inspect", "-f", "{{.State.Pid}}", "asks")
                let status = Machine.read("/proc/\(pid)/status").split(separator: "\n")
                let shim = try #require(
                    status.first { $0.hasPrefix("PPid:") }?.split(separator: "\t").last.flatMap { Int32($0) })
                try Processes.signal(pid: shim, Signals.kill)
                try waitUntil("it counts as ended") { try engine.summary("asks")["state"] == "exited" }
                try waitUntil("its sockets are gone") { try Directory.list(engine.state + "/s").isEmpty }
            }
        }
    }
}
