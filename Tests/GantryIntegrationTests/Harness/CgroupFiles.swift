import GantrySystem

/// A container's cgroup as the kernel shows it, read here and not by the engine's own code.
struct CgroupFiles {
    let id: String
    /// Whether there is the unified hierarchy only.
    static let isUnified = Path.exists("/sys/fs/cgroup/cgroup.controllers")

    /// Where the hierarchies are mounted that have directories for containers.
    static var tops: [String] {
        if isUnified { return ["/sys/fs/cgroup"] }
        let names = (try? Directory.list("/sys/fs/cgroup")) ?? []
        return names.filter { $0.kind == .directory }.map { "/sys/fs/cgroup/\($0.name)" }
            .filter { Path.exists($0 + "/cgroup.procs") }
    }

    /// Where the container is: its own cgroup, or its scope.
    func directory(_ controller: String) -> String {
        let places = ["gantry/default/\(id)", "gantry.slice/gantry-\(id).scope"]
        let top = Self.isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/\(controller)"
        return places.map { "\(top)/\($0)" }.first { Path.exists($0) } ?? "/nowhere"
    }

    /// Where its processes are. With systemd crun makes a cgroup for them within the scope.
    func inside(_ controller: String) -> String {
        let outside = directory(controller)
        let names = (try? Directory.list(outside)) ?? []
        return names.first { $0.kind == .directory }.map { "\(outside)/\($0.name)" } ?? outside
    }

    /// The first line of a file, by its names in version 1 and 2.
    func line(_ controller: String, _ file: String, unified: String) -> String {
        String(Machine.read("\(inside(controller))/\(Self.isUnified ? unified : file)").prefix { $0 != "\n" })
    }

    func number(_ controller: String, _ file: String, unified: String) -> Int64 {
        Int64(line(controller, file, unified: unified)) ?? 0
    }

    /// Nanoseconds of processor time.
    var processorTime: Int64 {
        if !Self.isUnified { return number("cpuacct", "cpuacct.usage", unified: "") }
        let first = line("cpu", "", unified: "cpu.stat")
        return (Int64(first.split(separator: " ").last ?? "") ?? 0) * 1000
    }

    var processes: Int64 { number("pids", "pids.current", unified: "pids.current") }

    func freeze(_ frozen: Bool) throws {
        let file = Self.isUnified ? "cgroup.freeze" : "freezer.state"
        let word = Self.isUnified ? (frozen ? "1" : "0") : (frozen ? "FROZEN" : "THAWED")
        let handle = try File.open("\(directory("freezer"))/\(file)", .write)
        try File.write(handle.raw, word)
    }
}
