import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// User namespaces: whose ids a container's users are, and that the disk never learns of it.
    @Suite struct UserNamespaceTests {
        /// Every runtime with every driver.
        static let combinations = ["crun", "runc"].flatMap { runtime in ["overlayfs", "native"].map { (runtime, $0) } }

        private static func first(_ engine: Engine, _ container: String) throws -> UInt32 {
            let text = try engine.must("exec", container, "cat", "/proc/self/uid_map")
            let numbers = text.split(separator: " ").compactMap { UInt32($0) }
            try #require(numbers.count == 3 && numbers[0] == 0, "\(text)")
            return numbers[1]
        }

        @Test(arguments: combinations)
        func filesOnDiskStayUnshifted(_ runtime: String, _ driver: String) throws {
            try withEngine { (engine: Engine) throws in
                let bound = engine.scratch + "/bound"
                try Path.makeDirectory(bound)
                try File.replace(bound + "/one", with: Array("1".utf8), sync: false)
                try engine.must(
                    "run", "-d", "--name", "shifted", "--runtime", runtime, "--snapshotter", driver, "--userns", "auto",
                    "-v", "\(bound):/bound", "-v", "\(bound)/one:/one:ro", "-v", "kept:/etc/kept", "--workdir",
                    "/made/here", "busybox", "sleep", "1000")
                let first = try Self.first(engine, "shifted")
                #expect(first >= 1_879_048_192 && first % 65_536 == 0)
                // The process is a user of the range to the machine, and root to itself.
                let pid = try engine.must("inspect", "-f", "{{.State.Pid}}", "shifted")
                #expect(Machine.read("/proc/\(pid)/status").contains("Uid:\t\(first)\t\(first)\t\(first)\t\(first)"))
                #expect(try engine.must("exec", "shifted", "id", "-u") == "0")
                // Everything that there is belongs to it, wherever it comes from.
                try engine.must(
                    "exec", "shifted", "sh", "-c",
                    "touch /bound/new /etc/kept/new /new && chown 1000:1001 /bound/new /etc/kept/new /new")
                let places = [
                    "/", "/bin/busybox", "/bound/one", "/one", "/etc/hosts", "/etc/kept", "/made", "/made/here",
                ]
                let owners = try engine.must(
                    "exec", "shifted", "sh", "-c", "stat -c %u:%g \(places.joined(separator: " "))")
                #expect(owners.split(separator: "\n") == places.map { _ in "0:0" }, "\(owners)")
                #expect(
                    try engine.must("exec", "shifted", "stat", "-c", "%u:%g", "/bound/new", "/new", "/etc/kept/new")
                        == "1000:1001\n1000:1001\n1000:1001")
                let readOnly = try engine.run(["exec", "shifted", "touch", "/one"])
                #expect(readOnly.status == 1 && readOnly.errorText.contains("Read-only"))
                // On disk these are the numbers of inside.
                let made = try FileStatus.of(bound + "/new")
                #expect((made.uid, made.gid) == (1000, 1001))
                let volume = engine.root + "/volumes/default/kept/_data"
                #expect(try FileStatus.of(volume + "/new").uid == 1000)
                #expect(try FileStatus.of(volume).uid == 0)
                // Copies speak of the numbers of inside as well, while it runs and when it does not.
                for state in ["running", "stopped"] {
                    try engine.must("cp", "-a", "shifted:/new", engine.scratch + "/" + state)
                    #expect(try FileStatus.of(engine.scratch + "/" + state).uid == 1000, "\(state)")
                    try engine.must("cp", "-a", engine.scratch + "/" + state, "shifted:/back-\(state)")
                    try engine.must("cp", engine.scratch + "/" + state, "shifted:/etc/kept/\(state)")
                    if state == "running" { try engine.must("stop", "-t", "0", "shifted") }
                }
                let listing = try engine.shell("gantry export shifted | tar --numeric-owner -tvf -").text
                for name in ["new", "back-running", "back-stopped"] {
                    #expect(listing.contains(/1000\/1001 .* \b/), "\(name)")
                    #expect(listing.split(separator: "\n").contains { $0.contains("1000/1001") && $0.hasSuffix(name) })
                }
                #expect(!listing.contains("\(first)"))
                try engine.must("start", "shifted")
                #expect(
                    try engine.must("exec", "shifted", "stat", "-c", "%u", "/back-stopped", "/etc/kept/running")
                        == "1000\n0")
                #expect(try engine.must("diff", "shifted").contains("A /back-running"))
            }
        }

        @Test(arguments: ["crun", "runc"])
        func everyStreamBelongsToTheUser(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                for mode in ["auto", "keep"] {
                    let said = try engine.run(
                        [
                            "run", "--rm", "-i", "--runtime", runtime, "--userns", mode, "-u", "1000:1000", "busybox",
                            "sh", "-c",
                            "cat /dev/stdin > /dev/stdout; echo errors > /dev/stderr; id -u; cat /proc/self/uid_map",
                        ], input: .bytes(Array("words\n".utf8)))
                    #expect(said.status == 0, "\(mode): \(said.errorText)")
                    #expect(said.text.hasPrefix("words\n1000\n"), "\(mode): \(said.text)")
                    #expect(said.errorText.contains("errors"), "\(mode)")
                    let map = said.text.split(separator: "\n").last?.split(separator: " ").map(String.init) ?? []
                    if mode == "keep" {
                        #expect(map == ["0", "0", "4294967295"])
                    } else {
                        #expect(map.first == "0" && map.last == "65536" && map[1] != "0")
                    }
                }
                // An executed one too, and a terminal.
                try engine.must(
                    "run", "-d", "--name", "lives", "--runtime", runtime, "--userns", "auto", "busybox", "sleep", "1000"
                )
                #expect(try engine.must("exec", "-u", "1000", "lives", "sh", "-c", "echo out > /dev/stdout") == "out")
                let terminal = try engine.onTerminal(
                    "run", "--rm", "-it", "--runtime", runtime, "--userns", "auto", "-u", "1000", "--device",
                    "/dev/fuse",
                    "busybox", "sh", "-c", "echo seen > /dev/tty; stat -c '%u of %n' $(tty)")
                try terminal.waitFor("seen")
                try terminal.waitFor("1000 of /dev/pts/0")
                #expect(try terminal.wait() == 0)
            }
        }

        @Test func noTwoContainersHaveTheSameRange() throws {
            try withEngine(configuration: "[containers]\nuserns_first = 1200160768\nuserns_count = 262144\n") {
                engine in
                let names = (1...4).map { "c\($0)" }
                let programs = try names.map {
                    try engine.begin(["run", "-d", "--name", $0, "--userns", "auto", "busybox", "sleep", "1000"])
                }
                for program in programs { #expect(try program.wait(seconds: 30).status == 0) }
                let first = try names.map { try Self.first(engine, $0) }
                #expect(Set(first) == Set((0..<4).map { 1_200_160_768 + $0 * 65_536 }))
                let none = try engine.run(["run", "--rm", "--userns", "auto", "busybox", "true"])
                #expect(none.status == 125)
                #expect(none.errorText.contains("all 4 ranges of user ids are in use"))
                #expect(try engine.must("ps", "-aq").split(separator: "\n").count == 4)
                // A stopped one keeps its own, also over the daemon's death; a removed one gives it back.
                try engine.must("stop", "-t", "0", "c2")
                try engine.kill()
                try engine.start()
                #expect(try engine.run(["create", "--userns", "auto", "busybox"]).status == 1)
                try engine.must("start", "c2")
                #expect(try Self.first(engine, "c2") == first[1])
                try engine.must("rm", "-f", "c3")
                let next = try engine.must("run", "--rm", "--userns", "auto", "busybox", "cat", "/proc/self/gid_map")
                #expect(next.contains("\(first[2])"))
                let shown = try engine.must(
                    "inspect", "-f", "{{.HostConfig.UsernsMode}} {{.HostConfig.IDMappings.UidMap}}", "c1")
                #expect(shown == "auto [0:\(first[0]):65536]")
            }
        }

        @Test(arguments: ["crun", "runc"])
        func whatElseIsSharedWithTheMachine(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                for mode in ["auto", "keep"] {
                    let said = try engine.must(
                        "run", "--rm", "--runtime", runtime, "--userns", mode, "--network",
                        mode == "auto" ? "host" : "none", "--init",
                        "--read-only", "--tmpfs", "/t", "--sysctl", "kernel.shmmax=12345", "busybox", "sh", "-c",
                        "touch /t/x && ls /sys/class/net && cat /proc/sys/kernel/shmmax && touch /sys/x /y 2>/dev/null || echo refused"
                    )
                    #expect(said.contains("lo") && said.hasSuffix("12345\nrefused"), "\(said)")
                }
                let groups = try engine.must(
                    "run", "--rm", "--runtime", runtime, "--userns", "auto", "busybox", "cat",
                    "/proc/sys/net/ipv4/ping_group_range")
                #expect(groups.split(separator: "\t") == ["0", "65535"])
                // Root of the namespace is nobody to the machine: what belongs to the machine's root cannot be written.
                let write = try engine.run([
                    "run", "--rm", "--runtime", runtime, "--userns", "auto", "--security-opt", "systempaths=unconfined",
                    "busybox", "sh", "-c", "echo 1 > /proc/sys/vm/drop_caches",
                ])
                #expect(write.status == 1 && write.errorText.contains("Permission denied"), "\(write.errorText)")
            }
        }

        @Test func whatDoesNotGoTogetherIsRefusedBeforeAnythingIsMade() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must("run", "-d", "--name", "other", "--ipc", "shareable", "busybox", "sleep", "1000")
                let wrong: [([String], String)] = [
                    (["--userns", "nope"], "such as auto"), (["--userns", ""], "such as auto"),
                    (["--userns", "auto", "--privileged"], "privileged"),
                    (["--userns", "keep", "--privileged"], "privileged"),
                    (["--userns", "keep", "--network", "host"], "network 'host'"),
                    (["--userns", "auto", "--pid", "host"], "pid 'host'"),
                    (["--userns", "auto", "--pid", "container:other"], "pid 'container:"),
                    (["--userns", "auto", "--ipc", "host"], "ipc 'host'"),
                    (["--userns", "keep", "--ipc", "container:other"], "ipc 'container:"),
                    (["--userns", "auto", "--domainname", "x.org"], "domainname"),
                    (
                        ["--userns", "auto", "--mount", "type=bind,src=/tmp,dst=/t,bind-propagation=shared"],
                        "propagation"
                    ),
                    (["--userns", "auto", "-u", "70000"], "0 to 65535"),
                    (["--userns", "auto", "-v", "/proc:/p"], "cannot show other owners"),
                ]
                for (options, words) in wrong {
                    let outcome = try engine.run(["run", "--rm"] + options + ["busybox", "true"])
                    #expect(outcome.status == 125, "\(options)")
                    #expect(outcome.errorText.contains(words), "\(options): \(outcome.errorText)")
                }
                #expect(try engine.must("ps", "-a", "--format", "{{.Names}}") == "other")
                #expect(
                    try engine.run(["run", "--rm", "--userns", "keep", "-v", "/proc:/p", "busybox", "true"]).status == 0
                )
            }
        }

        /// What is mounted below a `-v` source that other namespaces share stays, when the container's clone of it goes.
        @Test(arguments: ["crun", "runc"])
        func theMachinesOwnMountsStay(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                let bound = engine.scratch + "/shared"
                try Path.makeDirectories(bound + "/below")
                try Mounts.mount(bound, at: bound, type: "", flags: .bind)
                defer { try? Mounts.unmount(bound, detach: true) }
                try Mounts.mount("", at: bound, type: "", flags: .shared)
                try Mounts.mount("tmpfs", at: bound + "/below", type: "tmpfs")
                defer { try? Mounts.unmount(bound + "/below", detach: true) }
                try File.replace(bound + "/below/file", with: [1], sync: false)
                // tmpfs cannot show other owners before Linux 6.3; then only the top goes along, and nothing is to be lost.
                let outcome = try engine.run([
                    "run", "--rm", "--runtime", runtime, "--userns", "auto", "-v", "\(bound):/bound", "busybox", "stat",
                    "-c", "%u",
                    "/bound/below/file",
                ])
                #expect(outcome.text == "0" || outcome.errorText.contains("cannot show other owners"))
                try waitUntil("its own mounts are gone") {
                    !Machine.read("/proc/self/mountinfo").contains("\(engine.state)/tasks")
                }
                #expect(Path.exists(bound + "/below/file"))
            }
        }

        /// Many at once, which must not wait for each other's.
        @Test func manyAtOnce() throws {
            try withEngine { (engine: Engine) throws in
                let programs = try (0..<16).map { _ in
                    try engine.begin([
                        "run", "--rm", "--userns", "auto", "-v", "\(engine.scratch):/a", "-v", "other:/b", "busybox",
                        "true",
                    ])
                }
                for program in programs { #expect(try program.wait(seconds: 60).status == 0) }
            }
        }

        @Test func whateverDiesTheMountsGo() throws {
            try withEngine { (engine: Engine) throws in
                let bound = engine.scratch + "/precious"
                try Path.makeDirectory(bound)
                try File.replace(bound + "/file", with: [1], sync: false)
                try engine.must(
                    "run", "-d", "--name", "dies", "--userns", "auto", "-v", "\(bound):/bound", "busybox", "sleep",
                    "1000")
                let pid = try engine.must("inspect", "-f", "{{.State.Pid}}", "dies")
                let status = Machine.read("/proc/\(pid)/status").split(separator: "\n")
                let shim = try #require(
                    status.first { $0.hasPrefix("PPid:") }?.split(separator: "\t").last.flatMap { Int32($0) })
                try engine.kill()
                try Processes.signal(pid: shim, Signals.kill)
                try engine.start()
                try waitUntil("it counts as ended") { try engine.summary("dies")["state"] == "exited" }
                try waitUntil("nothing is mounted") {
                    !Machine.read("/proc/self/mountinfo").contains("\(engine.state)/tasks")
                }
                #expect(Path.exists(bound + "/file"))
                try engine.must("start", "dies")
                #expect(try engine.must("exec", "dies", "stat", "-c", "%u", "/bound/file") == "0")
            }
        }
    }
}
