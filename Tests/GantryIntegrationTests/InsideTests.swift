import GantrySystem
import Testing

extension Integration {
    /// What a container sees of the machine: Docker's defaults.
    @Suite struct InsideTests {
        @Test func ownFilesInEtc() throws {
            try withEngine { (engine: Engine) throws in
                let script = "cat /etc/hostname; grep -c localhost /etc/hosts; cat /etc/resolv.conf"
                let lines = try engine.must("run", "--rm", "--hostname", "box", "busybox", "sh", "-c", script)
                    .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                #expect(lines.first == "box")
                #expect((Int(lines[1]) ?? 0) >= 1)
                // They are the container's own: it may write there and nobody else sees it.
                let before = try File.contents("/etc/hosts")
                try engine.must("run", "--rm", "busybox", "sh", "-c", "echo 192.0.2.1 other >> /etc/hosts")
                #expect(try File.contents("/etc/hosts") == before)
            }
        }

        @Test func maskedAndReadOnlyPaths() throws {
            try withEngine { (engine: Engine) throws in
                let script = """
                    for file in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug; do
                        [ ! -e $file ] || [ "$(head -c 1 $file | wc -c)" = 0 ] || echo "readable $file"
                    done
                    for directory in /proc/acpi /proc/scsi /sys/firmware; do
                        [ ! -d $directory ] || [ -z "$(ls -A $directory)" ] || echo "full $directory"
                    done
                    for file in /proc/sys/kernel/domainname /proc/sysrq-trigger /proc/irq/default_smp_affinity; do
                        [ ! -e $file ] || ! (: >> $file) 2>/dev/null || echo "writable $file"
                    done
                    ! mkdir /sys/fs/cgroup/x /sys/x 2>/dev/null || echo "writable /sys"
                    """
                #expect(try engine.must("run", "--rm", "busybox", "sh", "-c", script) == "")
            }
        }

        @Test func devicesAreTheStandardOnes() throws {
            try withEngine { (engine: Engine) throws in
                let devices = try engine.must("run", "--rm", "busybox", "ls", "/dev").split(separator: "\n")
                let expected = [
                    "core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout",
                    "tty", "urandom", "zero",
                ]
                #expect(devices.map(String.init) == expected)
                // A node of the machine's disk can be made, as with Docker, but not be read.
                let disk = try engine.run(["run", "--rm", "busybox", "sh", "-c", "mknod /disk b 7 0 && cat /disk"])
                #expect(disk.errorText.contains("not permitted"), "\(disk.errorText)")
            }
        }

        @Test func namespacesAreItsOwn() throws {
            try withEngine { (engine: Engine) throws in
                let inside = try engine.must(
                    "run", "--rm", "busybox", "sh", "-c",
                    "for n in ipc mnt net pid uts; do readlink /proc/self/ns/$n; done")
                let names = inside.split(separator: "\n").map(String.init)
                for (name, seen) in zip(["ipc", "mnt", "net", "pid", "uts"], names) {
                    #expect(try Path.readLink("/proc/self/ns/\(name)") != seen, "\(name)")
                }
                #expect(
                    try engine.must("run", "--rm", "busybox", "sh", "-c", "echo $$; ls -d /proc/[0-9]* | wc -l")
                        .hasPrefix("1\n"))
            }
        }

        @Test func limitsOfTheDaemonDoNotLeak() throws {
            try withEngine { (engine: Engine) throws in
                let script =
                    "umask; cat /proc/self/oom_score_adj; grep -E 'Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd"
                let lines = try engine.must("run", "--rm", "busybox", "sh", "-c", script).split(separator: "\n")
                    .map(String.init)
                #expect(
                    Array(lines.prefix(4)) == [
                        "0022", "0", "SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000",
                    ])
                // 0, 1, 2 and the directory itself.
                #expect(lines.dropFirst(4).count == 4, "\(lines)")
            }
        }
    }
}
