import GantrySystem

/// What a container without options finds, seen from inside with one runtime.
struct SecurityFacts {
    let engine: Engine
    let runtime: String
    /// The directory with the probe, on the host.
    let tools: String
    /// Lines of the probe by their first two words: `call mount` is 1.
    let answers: [String: Int]
    /// The same without a filter of system calls.
    let unfiltered: [String: Int]
    /// Nodes and links of /dev: `c 1:3 666`, or a link's target.
    let devices: [String: String]
    /// /proc/self/status.
    let status: [String: String]
    /// The same of the user 1234.
    let otherStatus: [String: String]
    let mounts: [Mount]
    /// What the script says, by its keys.
    let said: [String: String]

    struct Mount {
        var point: String
        var options: Set<String>
        var type: String
        var propagates: Bool
    }

    init(_ engine: Engine, runtime: String, rows: [SecurityPage.Row]) throws {
        self.engine = engine
        self.runtime = runtime
        tools = engine.scratch + "/tools"
        try Self.makeTools(tools, rows)
        let tools = tools
        func run(_ options: [String], _ command: [String]) throws -> [String] {
            let outcome = try engine.run(
                ["run", "--rm", "--runtime", runtime, "-v", tools + ":/tools:ro"] + options + ["busybox"] + command,
                seconds: 120)
            guard outcome.status == 0 else {
                throw Machine.Missing(description: "\(options) \(command): \(outcome.errorText)")
            }
            return outcome.lines
        }
        let lines = try run([], ["/tools/probe"])
        answers = Self.numbers(lines)
        devices = Self.devices(lines)
        unfiltered = Self.numbers(try run(["--security-opt", "seccomp=unconfined"], ["/tools/probe"]))
        status = Self.pairs(try run([], ["cat", "/proc/self/status"]), at: ":")
        otherStatus = Self.pairs(try run(["-u", "1234"], ["cat", "/proc/self/status"]), at: ":")
        mounts = try run([], ["cat", "/proc/self/mountinfo"]).compactMap(Mount.init)
        said = Self.pairs(try run([], ["sh", "/tools/facts.sh"]), at: "=")
    }

    /// Runs a shell script in a container with these options; what it wrote to both its outputs.
    func shell(_ options: [String], _ script: String) throws -> String {
        let outcome = try engine.run(
            ["run", "--rm", "--runtime", runtime, "-v", tools + ":/tools:ro"] + options
                + ["busybox", "sh", "-c", script + "\ntrue"])
        return outcome.status == 0
            ? outcome.text + outcome.errorText : "exit \(outcome.status): \(outcome.errorText)"
    }

    /// The probe's answers about these calls in a container with these options.
    func calls(_ names: [String], _ options: [String]) throws -> [String: Int] {
        let text = try shell(options, "/tools/probe " + names.joined(separator: " "))
        return Self.numbers(text.split(separator: "\n").map(String.init))
    }

    func mount(_ point: String) -> Mount? { mounts.last { $0.point == point } }

    // MARK: Making the tools

    private static func makeTools(_ directory: String, _ rows: [SecurityPage.Row]) throws {
        try Path.makeDirectories(directory)
        let names = Set(rows.flatMap(\.calls)).filter { name in
            name.utf8.allSatisfy { $0 == 95 || (97...122).contains($0) || (48...57).contains($0) }
        }
        let table = names.sorted().map { "#ifdef SYS_\($0)\n{\"\($0)\", SYS_\($0)},\n#endif\n" }.joined()
        try File.replace(directory + "/calls.h", with: Array(table.utf8), sync: false)
        let outcome = try Program(
            "/usr/bin/gcc",
            [
                "-static", "-O1", "-I", directory, "-o", directory + "/probe",
                Images.package + "/scripts/probes/security.c",
            ], environment: ["PATH=\(Machine.searchPath)"]
        ).wait(seconds: 120)
        guard outcome.status == 0 else { throw Machine.Missing(description: "gcc: \(outcome.errorText)") }
        try File.replace(directory + "/facts.sh", with: Array(script(rows).utf8), sync: false)
    }

    /// Says `key=value` about what is easier asked by a shell than by a program.
    private static func script(_ rows: [SecurityPage.Row]) -> String {
        func paths(_ prefix: String) -> String {
            rows.filter { $0.id.hasPrefix(prefix) }.map { String($0.id.dropFirst(prefix.count)) }
                .joined(separator: " ")
        }
        return """
            echo "uid=$(id -u):$(id -g)"
            echo "umask=$(umask)"
            echo "oom=$(cat /proc/self/oom_score_adj)"
            for n in cgroup ipc mnt net pid time user uts; do echo "ns-$n=$(readlink /proc/self/ns/$n)"; done
            echo "interfaces=$(ls /sys/class/net | tr '\\n' ' ')"
            echo "cgroup=$(tail -n 1 /proc/self/cgroup)"
            echo "memory=$(cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null)"
            echo "pids=$(cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max 2>/dev/null)"
            echo "label=$(cat /proc/self/attr/current 2>/dev/null)"
            while read -r line; do echo "limit-$(echo "$line" | cut -c 1-25 | sed 's/ *$//')=$(echo "$line" | cut -c 26-)"
            done </proc/self/limits
            for s in net.ipv4.ip_unprivileged_port_start net.ipv4.ping_group_range; do
                echo "sysctl-$s=$(cat /proc/sys/$(echo $s | sed 's|\\.|/|; s|\\.|/|') | tr '\\t' ' ')"
            done
            for p in \(paths("masked-")); do
                if [ ! -e "$p" ]; then s=absent
                elif [ -d "$p" ]; then [ -z "$(ls -A "$p")" ] && s=empty || s=visible
                else [ "$(head -c 1 "$p" | wc -c)" = 0 ] && s=empty || s=visible; fi
                echo "masked-$p=$s"
            done
            for p in \(paths("readonly-")); do
                if [ ! -e "$p" ]; then s=absent
                elif [ -d "$p" ]; then s=$(touch "$p" 2>&1)
                else s=$( (: >>"$p") 2>&1); fi
                echo "readonly-$p=$s"
            done
            for d in /sys/fs/cgroup /sys/fs/cgroup/*/; do
                grep -q " ${d%/} .* - cgroup2\\? cgroup" /proc/self/mountinfo || continue
                [ "$d" = /sys/fs/cgroup ] && [ -d /sys/fs/cgroup/memory ] && continue
                mkdir "${d%/}/x" 2>/dev/null && writable="$writable $d"
            done
            echo "cgroups=$writable"
            """
    }

    // MARK: Reading what they say

    private static func numbers(_ lines: [String]) -> [String: Int] {
        var found: [String: Int] = [:]
        for line in lines {
            let words = line.split(separator: " ")
            if words.count == 3, let number = Int(words[2]) { found["\(words[0]) \(words[1])"] = number }
        }
        return found
    }

    private static func devices(_ lines: [String]) -> [String: String] {
        var found: [String: String] = [:]
        for line in lines where line.hasPrefix("node ") || line.hasPrefix("link ") {
            let words = line.split(separator: " ", maxSplits: 2)
            if words.count == 3 { found[String(words[1])] = String(words[2]) }
        }
        return found
    }

    static func pairs(_ lines: [String], at separator: Character) -> [String: String] {
        var found: [String: String] = [:]
        for line in lines {
            guard let at = line.firstIndex(of: separator) else { continue }
            let value = line[line.index(after: at)...].drop { $0 == "\t" || $0 == " " }
            found[String(line[..<at])] = String(value.reversed().drop { $0 == " " }.reversed())
        }
        return found
    }
}

extension SecurityFacts.Mount {
    /// Reads a line of mountinfo. Source: proc(5).
    init?(_ line: String) {
        let words = line.split(separator: " ").map(String.init)
        guard let dash = words.firstIndex(of: "-"), dash >= 6, words.count > dash + 1 else { return nil }
        point = words[4]
        options = Set(
            (words[5] + "," + (words.count > dash + 3 ? words[dash + 3] : "")).split(separator: ",").map(String.init))
        // The super block may be writable where the mount is not.
        if words[5].hasPrefix("ro") { options.remove("rw") } else { options.remove("ro") }
        type = words[dash + 1]
        propagates = words[6..<dash].contains { $0.hasPrefix("shared:") || $0.hasPrefix("master:") }
    }
}
