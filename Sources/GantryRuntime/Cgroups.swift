import GantrySystem

/// How this machine's cgroups are mounted, and where a container's own are.
package struct Cgroups: Sendable, Equatable {
    package enum Version: String, Sendable { case v1, hybrid, v2 }
    package enum Driver: String, Sendable { case cgroupfs, systemd }

    package let version: Version
    package let driver: Driver
    /// Controllers that the unified hierarchy of a hybrid machine holds: crun refuses to run beside any.
    package let unifiedControllers: [String]
    /// v1: the mounted hierarchies' directories by controller.
    package let hierarchies: [String: String]

    /// Looks at /sys/fs/cgroup. `driver` nil chooses: systemd where it is PID 1 and cgroups are unified.
    package init(driver: Driver?) {
        let base = "/sys/fs/cgroup"
        if (try? FilesystemStatus.of(base))?.type == FilesystemStatus.cgroup2 {
            version = .v2
            unifiedControllers = Self.words(base + "/cgroup.controllers")
            hierarchies = [:]
            self.driver = driver ?? (Path.exists("/run/systemd/system") ? .systemd : .cgroupfs)
            return
        }
        unifiedControllers = Self.words(base + "/unified/cgroup.controllers")
        version = Path.exists(base + "/unified/cgroup.procs") ? .hybrid : .v1
        var found = [String: String]()
        for name in ["memory", "freezer", "pids", "cpu", "cpuacct", "cpuset", "blkio", "devices", "hugetlb"] {
            if Path.exists("\(base)/\(name)/cgroup.procs") { found[name] = "\(base)/\(name)" }
        }
        hierarchies = found
        self.driver = driver ?? .cgroupfs
    }

    private static func words(_ path: String) -> [String] {
        let bytes = (try? File.contents(path, limit: 4096)) ?? []
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// `linux.cgroupsPath`: a path for cgroupfs, `slice:prefix:name` for systemd.
    func path(namespace: String, id: String) -> String {
        driver == .systemd ? "gantry.slice:gantry:\(id)" : "/gantry/\(namespace)/\(id)"
    }

    /// The directories in which the kernel counts the container's memory.
    func counters(namespace: String, id: String) -> [String] {
        switch (version, driver) {
        case (.v2, .systemd): ["/sys/fs/cgroup/gantry.slice/gantry-\(id).scope"]
        case (.v2, .cgroupfs): ["/sys/fs/cgroup/gantry/\(namespace)/\(id)"]
        default: hierarchies["memory"].map { ["\($0)/gantry/\(namespace)/\(id)"] } ?? []
        }
    }

    /// Every directory the container may have left behind.
    func directories(namespace: String, id: String) -> [String] {
        if version == .v2 { return counters(namespace: namespace, id: id) }
        var roots = Array(hierarchies.values)
        roots.append("/sys/fs/cgroup/systemd")
        roots.append("/sys/fs/cgroup/unified")
        return roots.map { "\($0)/gantry/\(namespace)/\(id)" }
    }

    /// Kills everything in the container's cgroup: at once on v2; on v1 frozen first, so that nothing forks away.
    func kill(namespace: String, id: String) {
        if version == .v2 {
            for directory in counters(namespace: namespace, id: id) {
                if let file = try? File.open(directory + "/cgroup.kill", .write) { try? File.write(file.raw, "1") }
            }
            return
        }
        guard let freezer = hierarchies["freezer"] else { return }
        let directory = "\(freezer)/gantry/\(namespace)/\(id)"
        guard Path.exists(directory) else { return }
        set(directory, "FROZEN")
        for word in Self.words(directory + "/cgroup.procs") {
            if let pid = Int32(word) { try? Processes.signal(pid: pid, Signals.kill) }
        }
        set(directory, "THAWED")
    }

    private func set(_ directory: String, _ state: String) {
        if let file = try? File.open(directory + "/freezer.state", .write) { try? File.write(file.raw, state) }
    }

    /// Removes what is left of the container's cgroups once nothing lives in them.
    func remove(namespace: String, id: String) {
        for directory in directories(namespace: namespace, id: id) where Path.exists(directory) {
            try? Path.removeDirectory(directory)
        }
    }
}
