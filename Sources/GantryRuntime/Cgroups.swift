package import GantryModel
import GantrySystem
import GantryWire

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

    static func words(_ path: String) -> [String] {
        let bytes = (try? File.contents(path, limit: 1 << 16)) ?? []
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// `linux.cgroupsPath`: a path for cgroupfs, `slice:prefix:name` for systemd.
    func path(_ place: CgroupPlace) -> String {
        driver == .systemd ? "\(place.slice):gantry:\(place.id)" : "/" + place.path
    }

    /// - Throws: `.invalidArgument` for a parent that the driver can have no cgroups below.
    package func checkParent(_ parent: String) throws(GantryError) {
        if parent.isEmpty { return }
        if driver == .systemd {
            guard parent.hasSuffix(".slice"), !parent.hasPrefix("-"), !parent.contains("/"), !parent.contains("--")
            else {
                throw GantryError(
                    .invalidArgument,
                    "create container: cgroupParent '\(parent)' is no slice of systemd's, such as team.slice or team-web.slice"
                )
            }
        } else if parent.split(separator: "/").contains(where: { $0 == ".." || $0 == "." })
            || parent.allSatisfy({ $0 == "/" })
        {
            throw GantryError(
                .invalidArgument, "create container: cgroupParent '\(parent)' is no path of cgroups, such as /team/web")
        }
    }

    /// The container's directory in the hierarchy of a controller; nil when that is not mounted.
    package func directory(_ place: CgroupPlace, controller: String) -> String? {
        switch (version, driver) {
        case (.v2, .systemd): "/sys/fs/cgroup/\(place.sliceDirectory)/gantry-\(place.id).scope"
        case (.v2, .cgroupfs): "/sys/fs/cgroup/\(place.path)"
        case (_, .systemd): hierarchies[controller].map { "\($0)/\(place.sliceDirectory)/gantry-\(place.id).scope" }
        case (_, .cgroupfs): hierarchies[controller].map { "\($0)/\(place.path)" }
        }
    }

    /// The directories in which the kernel counts the container's memory.
    func counters(_ place: CgroupPlace) -> [String] { directory(place, controller: "memory").map { [$0] } ?? [] }

    /// Every directory the container may have left behind.
    func directories(_ place: CgroupPlace) -> [String] {
        if version == .v2 {
            let directories = [limits(place, controller: "memory"), directory(place, controller: "memory")].compactMap {
                $0
            }
            return directories[0] == directories[1] ? [directories[0]] : directories
        }
        let places = hierarchies.keys.compactMap { directory(place, controller: $0) }
        return places + ["/sys/fs/cgroup/systemd/\(place.path)", "/sys/fs/cgroup/unified/\(place.path)"]
    }

    /// Kills everything in the container's cgroup: at once on v2; on v1 frozen first, so that nothing forks away.
    func kill(_ place: CgroupPlace) {
        if version == .v2 {
            for directory in counters(place) {
                if let file = try? File.open(directory + "/cgroup.kill", .write) { try? File.write(file.raw, "1") }
            }
            return
        }
        guard let directory = directory(place, controller: "freezer"), Path.exists(directory) else { return }
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
    func remove(_ place: CgroupPlace) {
        for directory in directories(place) where Path.exists(directory) {
            try? Path.removeDirectory(directory)
        }
    }
}

/// Which cgroup is a container's, in whatever hierarchy.
package struct CgroupPlace: Sendable, Hashable {
    package var namespace: String
    package var id: String
    /// Where it is below: a path of cgroups, or with systemd the name of a slice. Empty is Gantry's own.
    package var parent = ""

    package init(namespace: String, id: String, parent: String = "") {
        self.namespace = namespace
        self.id = id
        self.parent = parent
    }

    /// Below the top of a hierarchy, without a slash before it.
    var path: String {
        let above = parent.split(separator: "/").joined(separator: "/")
        return above.isEmpty ? "gantry/\(namespace)/\(id)" : "\(above)/\(id)"
    }

    var slice: String { parent.isEmpty ? "gantry.slice" : parent }

    /// A slice is inside those that its name begins with: `a-b.slice` is `a.slice/a-b.slice`. Source: systemd.slice(5).
    var sliceDirectory: String {
        let parts = slice.dropLast(".slice".count).split(separator: "-")
        return parts.indices.map { parts[...$0].joined(separator: "-") + ".slice" }.joined(separator: "/")
    }
}
