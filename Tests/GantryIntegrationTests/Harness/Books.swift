import GantrySystem

/// What is on the machine because of one engine, a line each: written before a test and again after it, the
/// difference is what the engine left behind.
struct Books {
    private let mark: String
    private let root: String
    private let state: String
    private let temporary: String
    private var before: Set<String>

    /// Counts what there is now.
    init(of engine: Engine) {
        (mark, root, state, temporary) = (engine.mark, engine.root, engine.state, engine.temporary)
        before = []
        before = entries()
    }

    /// What is there now and was not before; waits up to `seconds` for it to go, since clean-up follows the answers.
    func leftovers(seconds: Int64 = 6) -> [String] {
        let end = Clock.monotonic + Patience.milliseconds(seconds) * 1_000_000
        var lasting = entries().subtracting(before)
        while !lasting.isEmpty, Clock.monotonic < end {
            Clock.sleep(milliseconds: 100)
            // Containers of other engines come and go meanwhile: what counts is only what stays.
            lasting = entries().subtracting(before)
        }
        guard !lasting.isEmpty else { return [] }
        Clock.sleep(milliseconds: 500)
        return lasting.intersection(entries()).sorted()
    }

    private func entries() -> Set<String> {
        Set(mounts() + processes() + cgroups() + loopDevices() + files())
    }

    private func mounts() -> [String] {
        Machine.read("/proc/self/mountinfo").split(separator: "\n").compactMap { line in
            let named = line.contains(mark)
            // A network namespace kept by a bind mount, wherever that is.
            guard named || line.contains(" - nsfs ") else { return nil }
            return "mount \(line.split(separator: " ")[4])"
        }
    }

    /// The daemon, shims, runtimes and command lines: all of them name a path of the engine.
    private func processes() -> [String] {
        Books.pids().compactMap { pid in
            guard pid != Processes.current, ours(pid), Processes.state(pid) != "Z" else { return nil }
            return "process \(pid) \(Books.commandLine(pid))"
        }
    }

    private func ours(_ pid: Int32) -> Bool {
        Books.commandLine(pid).contains(mark) || Machine.read("/proc/\(pid)/environ").contains(mark)
    }

    /// Directories of containers in each hierarchy, and who is in them. Those that a shim of another engine looks after
    /// are none of our business.
    private func cgroups() -> [String] {
        var found: [String] = []
        for hierarchy in Books.names("/sys/fs/cgroup") + ["."] {
            let top = "/sys/fs/cgroup/\(hierarchy)"
            let namespaces = Books.names(top + "/gantry").map { "\(top)/gantry/\($0)" }
            // With systemd a container's is a scope of the slice.
            for above in namespaces + [top + "/gantry.slice"] {
                for place in Books.names(above).map({ "\(above)/\($0)" }) {
                    let members = Machine.read(place + "/cgroup.procs").split(separator: "\n").compactMap { Int32($0) }
                    if members.contains(where: looksForeign) { continue }
                    found.append("cgroup \(place)")
                    found += members.map { "process in a cgroup: \($0) \(Books.commandLine($0))" }
                }
            }
        }
        return found
    }

    /// Whether a forebear of the process is a shim, and not one of ours.
    private func looksForeign(_ pid: Int32) -> Bool {
        var pid = pid
        while pid > 1 {
            let line = Books.commandLine(pid)
            if line.contains("gantry-shim") { return !line.contains(mark) }
            let status = Machine.read("/proc/\(pid)/status")
            guard let field = status.split(separator: "\n").first(where: { $0.hasPrefix("PPid:") }) else {
                return false
            }
            pid = Int32(field.dropFirst(5).filter(\.isNumber)) ?? 0
        }
        return false
    }

    private func loopDevices() -> [String] {
        Books.names("/sys/block").filter { $0.hasPrefix("loop") }.compactMap { name in
            let file = Machine.read("/sys/block/\(name)/loop/backing_file")
            return file.contains(mark) ? "loop device \(name) of \(file)" : nil
        }
    }

    /// What only running or broken containers and unfinished transfers have on disk.
    private func files() -> [String] {
        var found = Books.names(temporary).map { "temporary file \(temporary)/\($0)" }
        found += Books.names(state + "/s").map { "shim socket \($0)" }
        for (place, what) in [(state + "/tasks", "task"), (root + "/containers", "container")] {
            for namespace in Books.names(place) {
                found += Books.names("\(place)/\(namespace)").map { "\(what) directory \(namespace)/\($0)" }
            }
        }
        found += Books.names(root + "/content/ingest").map { "ingest \($0)" }
        found += Books.names(root + "/trash").map { "trash \($0)" }
        return found
    }

    private static func names(_ directory: String) -> [String] {
        ((try? Directory.list(directory)) ?? []).filter { !directory.hasPrefix("/sys/fs") || $0.kind == .directory }
            .map(\.name)
    }

    private static func pids() -> [Int32] { names("/proc").compactMap { Int32($0) } }

    private static func commandLine(_ pid: Int32) -> String {
        String(Machine.read("/proc/\(pid)/cmdline").map { $0 == "\0" ? " " : $0 })
    }
}
