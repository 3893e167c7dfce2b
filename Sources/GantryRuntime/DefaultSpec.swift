import GantryModel
import GantryWire

/// The parts of an OCI runtime configuration that every container has, as Docker's.
///
/// Source: OCI runtime-spec v1.0.2, config.md and config-linux.md.
enum DefaultSpec {
    static func mount(_ target: String, _ type: String, _ source: String, _ options: [String]) -> JSON {
        [
            "destination": .string(target), "type": .string(type), "source": .string(source),
            "options": .strings(options),
        ]
    }

    static func mounts(hostNetwork: Bool) -> [JSON] {
        [
            mount("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
            mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount(
                "/dev/pts", "devpts", "devpts",
                ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
            // sysfs shows the network namespace it was mounted in: with the host's, only a bind of the host's is allowed
            // in every set-up, but without a user namespace a fresh one is too.
            mount("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
            mount("/sys/fs/cgroup", "cgroup", "cgroup", ["ro", "nosuid", "noexec", "nodev"]),
            mount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
            mount("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
        ]
    }

    static let maskedPaths = [
        "/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
    ]

    static let readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

    /// Nothing but the standard devices; mknod of others is allowed, their use is not.
    static let deviceRules: [JSON] = {
        func rule(_ type: String, _ major: Int64?, _ minor: Int64?, _ access: String) -> JSON {
            var object: JSONObject = ["allow": true, "type": .string(type), "access": .string(access)]
            object.put("major", major.map { JSON.int($0) })
            object.put("minor", minor.map { JSON.int($0) })
            return .object(object)
        }
        return [
            ["allow": false, "access": "rwm"],
            rule("c", nil, nil, "m"), rule("b", nil, nil, "m"),
            rule("c", 1, 3, "rwm"), rule("c", 1, 5, "rwm"), rule("c", 1, 7, "rwm"), rule("c", 1, 8, "rwm"),
            rule("c", 1, 9, "rwm"), rule("c", 5, 0, "rwm"), rule("c", 5, 1, "rwm"), rule("c", 5, 2, "rwm"),
            rule("c", 136, nil, "rwm"),
        ]
    }()
}
