import GantrySystem

/// Namespaces, cgroups, mounts, paths and devices.
extension SecurityChecks {
    static let namespace: Check = { row, facts in
        let name = String(row.id.dropFirst(3))
        let machines = try Path.readLink("/proc/self/ns/\(name)")
        let unified =
            Machine.read("/proc/self/mountinfo").contains(" /sys/fs/cgroup rw")
            && Path.exists("/sys/fs/cgroup/cgroup.procs")
        let own = name == "cgroup" ? unified : row.gantry.hasPrefix("own")
        if let objection = same(facts.said["ns-" + name] != machines, own) { return "own: " + objection }
        return name == "net" ? same(facts.said["interfaces"], "lo") : nil
    }

    static let sysctl: Check = { row, facts in same(facts.said[row.id], row.gantry) }

    static let cgroups: [String: Check] = [
        "cgroup-path": { _, facts in
            let path = facts.said["cgroup"] ?? ""
            // With a cgroup namespace of its own the container is at the root.
            return unless(path.contains("/gantry") || path == "0::/", "the path is '\(path)'")
        },
        "cgroup-memory": { _, facts in
            let text = facts.said["memory"] ?? ""
            return unless(text == "max" || (Int64(text) ?? 0) > 1 << 60, "the limit is '\(text)'")
        },
        "cgroup-pids": { _, facts in same(facts.said["pids"], "max") },
        "cgroup-readonly": { _, facts in same(facts.said["cgroups"], "") },
    ]

    static let mount: Check = { row, facts in
        let point = String(row.id.dropFirst("mount-".count))
        guard let mount = facts.mount(point) else { return "nothing is mounted there" }
        // Runtimes hold cgroup v1's directories in a tmpfs.
        let types = row.what == "cgroup" ? ["cgroup", "cgroup2", "tmpfs"] : [row.what]
        guard row.what == "bind" || types.contains(mount.type) else { return "the type is '\(mount.type)'" }
        let wanted = Set(row.gantry.split(separator: " ").map(String.init))
        let missing = wanted.subtracting(mount.options)
        return unless(
            missing.isEmpty && !wanted.isEmpty, "\(missing.sorted()) are missing in \(mount.options.sorted())")
    }

    static let places: [String: Check] = [
        "propagation": { _, facts in
            let points = facts.mounts.filter(\.propagates).map(\.point)
            return unless(points.isEmpty && !facts.mounts.isEmpty, "these propagate: \(points)")
        },
        "dev-others": { _, facts in
            let known = [
                "null", "zero", "full", "random", "urandom", "tty", "ptmx", "fd", "stdin", "stdout", "stderr", "pts",
                "shm", "mqueue", "core",
            ]
            let others = facts.devices.keys.filter { !known.contains($0) }.sorted()
            return unless(others.isEmpty && !facts.devices.isEmpty, "there are \(others)")
        },
        "use-mknod-c": { _, facts in same(facts.answers["make c-42:7"], 0) },
        "use-mknod-b": { _, facts in same(facts.answers["make b-42:7"], 0) },
        "use-pts": { _, facts in usable(facts, "c-136:99", true) },
        "use-tun": { _, facts in facts.runtime == "runc" ? nil : usable(facts, "c-10:200", false) },
        "use-others": { _, facts in
            // Memory, ports, the kernel's messages, a console, fuse, something unknown; a loop device, two disks.
            let others = ["c-1:1", "c-1:4", "c-1:11", "c-4:0", "c-10:229", "c-42:7", "b-7:0", "b-8:0", "b-254:0"]
            return others.compactMap { device in usable(facts, device, false).map { device + ": " + $0 } }.first
        },
    ]

    static let masked: Check = { row, facts in
        let seen = facts.said.filter { item in
            let star = row.id.split(separator: "*", omittingEmptySubsequences: false)
            return item.key.hasPrefix(star[0]) && (star.count == 1 ? item.key == row.id : item.key.hasSuffix(star[1]))
        }
        guard !seen.isEmpty else { return "it was not looked at" }
        let visible = seen.filter { $0.value != "absent" && $0.value != "empty" }
        return unless(visible.isEmpty, "\(visible)")
    }

    static let readOnly: Check = { row, facts in
        let seen = facts.said[row.id] ?? ""
        return unless(seen == "absent" || seen.contains("Read-only file system"), "a write says '\(seen)'")
    }

    static let device: Check = { row, facts in
        same(facts.devices[String(row.id.dropFirst("dev-".count))], row.what + " 666")
    }

    static let link: Check = { row, facts in
        same(facts.devices[String(row.id.dropFirst("link-".count))], row.what)
    }

    static let use: Check = { row, facts in
        usable(facts, row.what.replacing(" ", with: "-"), true) ?? same(row.gantry, "rwm")
    }

    /// EPERM comes from the device cgroup; whatever else, from the device or its absence.
    private static func usable(_ facts: SecurityFacts, _ device: String, _ wanted: Bool) -> String? {
        guard let answer = facts.answers["use " + device] else { return "it was not tried" }
        return unless((answer != 1) == wanted, "the answer to its use is \(answer)")
    }
}
