import GantrySystem

/// What the options change.
extension SecurityChecks {
    private static func status(_ facts: SecurityFacts, _ options: [String]) throws -> [String: String] {
        let text = try facts.shell(options, "cat /proc/self/status")
        return SecurityFacts.pairs(text.split(separator: "\n").map(String.init), at: ":")
    }

    /// Every capability that gantryd has.
    private static func everything() -> UInt64 {
        let lines = Machine.read("/proc/self/status").split(separator: "\n").map(String.init)
        return mask(SecurityFacts.pairs(lines, at: ":"), "CapBnd") ?? 0
    }

    static let options: [String: Check] = [
        "option-cap-add": { _, facts in
            let standard = mask(facts.status, "CapBnd") ?? 0
            for name in ["NET_ADMIN", "cap_net_admin", "Net_Admin"] {
                let seen = mask(try status(facts, ["--cap-add", name]), "CapEff")
                if let objection = same(seen, standard | mask(["NET_ADMIN"])) { return "\(name): \(objection)" }
            }
            return same(
                mask(try status(facts, ["--cap-add=ALL", "--cap-drop=MKNOD"]), "CapEff"),
                everything() & ~mask(["MKNOD"]))
        },
        "option-cap-drop": { _, facts in
            let standard = mask(facts.status, "CapBnd") ?? 0
            return try same(mask(try status(facts, ["--cap-drop", "chown"]), "CapBnd"), standard & ~mask(["CHOWN"]))
                ?? same(mask(try status(facts, ["--cap-drop", "all"]), "CapBnd"), 0)
                ?? same(mask(try status(facts, ["--cap-drop", "ALL", "--cap-add", "KILL"]), "CapEff"), mask(["KILL"]))
        },
        "option-privileged": { _, facts in
            let seen = try status(facts, ["--privileged"])
            let script = """
                for p in /proc/keys /proc/timer_list; do [ ! -e $p ] || [ -n "$(head -c 1 $p)" ] || echo "masked $p"; done
                grep -E ' /(sys|proc)(/sys/fs/cgroup/[^ ]*)? ro' /proc/self/mountinfo
                [ -e /dev/\(someDevice) ] || echo "no \(someDevice)"
                grep -q '^a' /sys/fs/cgroup/devices/devices.list 2>/dev/null || [ -e /sys/fs/cgroup/cgroup.procs ] || echo devices
                """
            return try same(mask(seen, "CapEff"), everything()) ?? same(seen["Seccomp"], "0")
                ?? same(try facts.shell(["--privileged"], script), "")
        },
        "option-read-only": { _, facts in
            let script = """
                for f in /x /etc/hosts /etc/hostname /etc/resolv.conf /sys/x; do (: >>$f) 2>/dev/null && echo "writable $f"; done
                for f in /dev/x /dev/shm/x; do (: >>$f) 2>/dev/null || echo "read-only $f"; done
                echo 5 >/proc/self/oom_score_adj || echo "read-only /proc"
                """
            return same(try facts.shell(["--read-only"], script), "")
        },
        "option-group-add": { _, facts in
            same(try facts.shell(["--group-add", "7", "--group-add", "tty", "-u", "1234:99"], "id -G"), "99 5 7")
        },
        "option-device": { _, facts in
            let device = "/dev/\(someDevice)"
            let number = try FileStatus.of(device)
            let type = number.kind == .blockDevice ? "b" : "c"
            let node = "\(type) \(number.deviceMajor):\(number.deviceMinor)"
            let made = try facts.shell(
                ["--device", device + ":/dev/given:rw"], "/tools/probe none; stat -c '%t:%T' /dev/given")
            let wanted = String(number.deviceMajor, radix: 16) + ":" + String(number.deviceMinor, radix: 16)
            if !made.hasSuffix(wanted) { return "\(node): \(made)" }
            let directory = facts.engine.scratch + "/devices"
            try Path.makeDirectories(directory + "/below")
            try Path.makeNode(directory + "/below/nothing", mode: 0o020_644, major: 1, minor: 3)
            let seen = try facts.shell(
                ["--device", directory + ":/dev/many:r"], "ls /dev/many/below; cat /dev/many/below/nothing")
            return same(seen, "nothing")
        },
        "option-device-cgroup-rule": { _, facts in
            let script = "mknod /node b 7 0; head -c 1 /node 2>&1 | grep -c 'not permitted'"
            return try same(try facts.shell([], script), "1")
                ?? same(try facts.shell(["--device-cgroup-rule", "b 7:0 r"], script), "0")
        },
        "option-no-new-privileges": { _, facts in
            for (option, wanted) in [("", "1"), ("=true", "1"), (":true", "1"), ("=false", "0")] {
                let seen = try status(facts, ["--security-opt", "no-new-privileges" + option])
                if let objection = same(seen["NoNewPrivs"], wanted) { return "\(option): \(objection)" }
            }
            return nil
        },
        "option-systempaths": { _, facts in
            let script = """
                [ -n "$(head -c 1 /proc/interrupts)" ] || echo masked
                grep ' /proc/' /proc/self/mountinfo
                """
            return same(try facts.shell(["--security-opt", "systempaths=unconfined"], script), "")
        },
        "option-seccomp-unconfined": { _, facts in
            try same(try status(facts, ["--security-opt", "seccomp=unconfined"])["Seccomp"], "0")
                ?? same(try status(facts, ["--security-opt", "seccomp:unconfined"])["Seccomp"], "0")
        },
        "option-seccomp-file": { _, facts in
            let file = facts.engine.scratch + "/profile.json"
            let profile = """
                {"defaultAction": "SCMP_ACT_ALLOW",
                 "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 122}]}
                """
            try File.replace(file, with: Array(profile.utf8), sync: false)
            let seen = try facts.shell(["--security-opt", "seccomp=" + file], "mkdir /x; touch /y && echo made")
            if !seen.contains("made") || !seen.contains("uota exceeded") { return seen }
            let own = Images.package + "/config/seccomp/default.json"
            return try same(try status(facts, ["--security-opt", "seccomp=" + own])["Seccomp"], "2")
                ?? same(try status(facts, ["--security-opt", "seccomp=builtin"])["Seccomp"], "2")
        },
        "option-exec-privileged": { _, facts in
            try facts.executed(["--privileged"], ["grep", "-E", "^(Seccomp|CapEff)", "/proc/self/status"]) { lines in
                let status = SecurityFacts.pairs(lines, at: ":")
                return same(mask(status, "CapEff"), everything()) ?? same(status["Seccomp"], "2")
            }
        },
    ]

    /// A device that containers do not have by themselves.
    private static let someDevice = ["loop-control", "kmsg", "mem"].first { Path.exists("/dev/" + $0) } ?? "kmsg"
}
