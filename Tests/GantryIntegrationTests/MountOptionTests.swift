import GantrySystem
import GantryWire
import Testing

extension Integration {
    /// `--mount`, `--tmpfs` and the modes of `-v`, seen from inside and from the host.
    @Suite struct MountOptionTests {
        @Test(arguments: ["crun", "runc"])
        func memory(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                let lines = try engine.must(
                    "run", "--rm", "--runtime", runtime, "--tmpfs", "/plain", "--tmpfs", "/run:size=1m,exec,mode=700",
                    "--mount", "type=tmpfs,target=/words,tmpfs-size=2m,tmpfs-mode=0750,ro", "busybox", "sh", "-c",
                    """
                    for m in /plain /run /words; do grep " $m tmpfs " /proc/mounts | cut -d' ' -f4; done
                    stat -c %a /run /words
                    dd if=/dev/zero of=/run/full bs=1k count=2000 2>&1 | grep -o 'No space left on device'
                    cp /bin/busybox /plain/echo; /plain/echo x 2>/dev/null || echo not executed
                    cp /bin/true /run/true 2>/dev/null; touch /words/x 2>/dev/null || echo not written
                    """
                ).split(separator: "\n").map(String.init)
                #expect(lines.count == 8, "\(lines)")
                for flag in ["rw", "nosuid", "nodev", "noexec"] {
                    #expect(lines[0].words.contains(flag), "\(lines[0])")
                }
                for flag in ["rw", "nosuid", "nodev", "size=1024k"] {
                    #expect(lines[1].words.contains(flag), "\(lines[1])")
                }
                #expect(!lines[1].words.contains("noexec"))
                for flag in ["ro", "noexec", "size=2048k"] { #expect(lines[2].words.contains(flag), "\(lines[2])") }
                #expect(lines[3...] == ["700", "750", "No space left on device", "not executed", "not written"])
            }
        }

        @Test(arguments: ["crun", "runc"])
        func aUsersMountIsInsteadOfADefaultOne(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                let file = engine.scratch + "/hosts"
                try File.replace(file, with: Array("own hosts\n".utf8), sync: false)
                let said = try engine.must(
                    "run", "--rm", "--runtime", runtime, "--tmpfs", "/dev/shm:size=3m", "-v", "\(file):/etc/hosts",
                    "busybox", "sh", "-c", "grep -c ' /dev/shm ' /proc/mounts; df -k /dev/shm | tail -1; cat /etc/hosts"
                )
                let lines = said.split(separator: "\n")
                #expect(lines.first == "1")
                #expect(lines.dropFirst().first?.contains(" 3072 ") == true, "\(said)")
                #expect(lines.last == "own hosts")
            }
        }

        @Test func bindsInWords() throws {
            try withEngine { (engine: Engine) throws in
                let source = engine.scratch + "/a,\"b\""
                try Path.makeDirectories(source)
                try File.replace(source + "/file", with: Array("bound\n".utf8), sync: false)
                let quoted = "\"source=\(engine.scratch)/a,\"\"b\"\"\""
                #expect(
                    try engine.must(
                        "run", "--rm", "--mount", "type=bind,\(quoted),dst=/in,readonly", "busybox", "sh", "-c",
                        "cat /in/file; touch /in/x 2>/dev/null || echo not written") == "bound\nnot written")
                // Unlike -v, a source that is not there is an error, before there is a container.
                let none = engine.scratch + "/none"
                let refused = try engine.run(["run", "--mount", "type=bind,src=\(none),dst=/in", "busybox", "true"])
                #expect(refused.status == 125)
                #expect(refused.errorText.contains("bind source path does not exist: \(none)"))
                #expect(!Path.exists(none))
                #expect(try engine.must("ps", "-aq") == "")
                // And it is one when it has gone between the creation and the start.
                try Path.makeDirectories(none)
                try engine.must(
                    "create", "--name", "late", "--mount", "type=bind,src=\(none),dst=/in", "busybox", "true")
                try Directory.removeTree(none)
                let late = try engine.run(["start", "late"])
                #expect(late.status == 1)
                #expect(late.errorText.contains("'\(none)' does not exist"), "\(late.errorText)")
            }
        }

        @Test func anonymousVolumesGoWithTheirContainer() throws {
            try withEngine { (engine: Engine) throws in
                func volumes() -> [String] {
                    ((try? Directory.list(engine.root + "/volumes/default")) ?? []).map(\.name)
                }
                // A volume begins with what the image has at its place; nocopy leaves it empty.
                let plain = try engine.must("run", "--rm", "busybox", "ls", "-A", "/etc")
                try engine.must("run", "--name", "first", "-v", "/etc", "busybox", "ls", "-A", "/etc")
                #expect(try engine.must("logs", "first").split(separator: "\n").contains("passwd"))
                #expect(plain.contains("passwd"))
                #expect(volumes().count == 1)
                try engine.must("rm", "-v", "first")
                #expect(volumes() == [])
                #expect(
                    try engine.must(
                        "run", "--rm", "-v", "empty:/home:nocopy", "--mount",
                        "dst=/bin2,volume-nocopy", "busybox", "ls", "-A", "/home", "/bin2") == "/bin2:\n\n/home:")
                #expect(volumes() == ["empty"])
                let refused = try engine.run(["run", "-v", "/one", "--tmpfs", "/one", "busybox", "true"])
                #expect(refused.status == 125)
                #expect(refused.errorText.contains("duplicate mount point '/one'"))
                #expect(volumes() == ["empty"])
            }
        }

        @Test(arguments: ["crun", "runc"])
        func whatIsMountedLaterIsSeenAsItWasAskedFor(_ runtime: String) throws {
            try withEngine { (engine: Engine) throws in
                // A mount of its own that passes things on, whatever the machine's root does.
                let shared = engine.scratch + "/shared"
                let made = try engine.shell(
                    """
                    set -e; mkdir '\(shared)'; mount -t tmpfs shared '\(shared)'; mount --make-shared '\(shared)'
                    mkdir '\(shared)/later' '\(shared)/before'; mount -t tmpfs before '\(shared)/before'
                    """)
                try #require(made.status == 0, "\(made.errorText)")
                defer { _ = try? engine.shell("umount -R '\(shared)'") }
                for (name, mode) in [("none", "rprivate"), ("slave", "rslave"), ("shared", "rshared")] {
                    try engine.must(
                        "run", "-d", "--name", name, "--runtime", runtime, "--privileged", "-v", "\(shared):/s:\(mode)",
                        "busybox", "sleep", "1000")
                }
                try engine.must(
                    "run", "-d", "--name", "flat", "--runtime", runtime, "--mount",
                    "type=bind,src=\(shared),dst=/s,bind-nonrecursive", "busybox", "sleep", "1000")
                let mounted = try engine.shell("mount -t tmpfs later '\(shared)/later'")
                #expect(mounted.status == 0)
                func sees(_ name: String, _ what: String) throws -> Bool {
                    try engine.run(["exec", name, "grep", "-q", " /s/\(what) ", "/proc/mounts"]).status == 0
                }
                #expect(try ["none", "slave", "shared"].map { try sees($0, "before") } == [true, true, true])
                #expect(try sees("flat", "before") == false)
                #expect(try ["none", "slave", "shared"].map { try sees($0, "later") } == [false, true, true])
                // Only a shared one passes on what is mounted inside.
                try engine.must("exec", "--privileged", "slave", "mount", "-t", "tmpfs", "slave", "/s/before")
                try engine.must(
                    "exec", "--privileged", "shared", "sh", "-c", "mkdir /s/x && mount -t tmpfs inside /s/x")
                let mounts = Machine.read("/proc/self/mounts")
                #expect(mounts.contains("inside \(shared)/x "))
                #expect(!mounts.contains("slave \(shared)/before"))
                try engine.removeAllContainers()
            }
        }

        @Test func inspectionShowsThem() throws {
            try withEngine { (engine: Engine) throws in
                try engine.must(
                    "create", "--name", "seen", "--tmpfs", "/run:size=1m", "-v", "named:/n:ro", "-v",
                    "\(engine.scratch):/b:rslave", "busybox", "true")
                func field(_ path: String) throws -> String {
                    try engine.must("inspect", "-f", "{{json \(path)}}", "seen")
                }
                #expect(try field(".HostConfig.Tmpfs") == #"{"/run":"size=1m"}"#)
                #expect(try field(".HostConfig.Binds") == #"["\#(engine.scratch):/b"]"#)
                let mounts = try JSON.parse(Array(try field(".Mounts").utf8)).array ?? []
                #expect(mounts.map { $0["Type"]?.string } == ["volume", "bind", "tmpfs"])
                #expect(mounts.map { $0["RW"]?.bool } == [false, true, true])
                #expect(mounts.map { $0["Propagation"]?.string } == ["", "rslave", ""])
                #expect(
                    try engine.must("ps", "-a", "--no-trunc", "--format", "{{.Mounts}}") == "named,\(engine.scratch)")
            }
        }
    }
}

extension String {
    /// Between commas.
    fileprivate var words: [String] { split(separator: ",").map(String.init) }
}
