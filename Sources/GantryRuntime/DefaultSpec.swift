import GantryModel
import GantrySystem
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

    /// Of a container that is not privileged; a privileged one may write to sysfs and to its cgroups.
    static func mounts(privileged: Bool, bindsSystem: Bool, sharedMemory: JSON?) -> [JSON] {
        let readOnly = privileged ? [] : ["ro"]
        let system = ["nosuid", "noexec", "nodev"] + readOnly
        return [
            mount("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
            mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount(
                "/dev/pts", "devpts", "devpts",
                ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
            // sysfs shows the network namespace it was mounted in: with the host's, only a bind of the host's is allowed
            // in every set-up, but without a user namespace a fresh one is too.
            bindsSystem
                ? mount("/sys", "bind", "/sys", ["rbind", "rprivate"] + system)
                : mount("/sys", "sysfs", "sysfs", system),
            mount("/sys/fs/cgroup", "cgroup", "cgroup", readOnly + ["nosuid", "noexec", "nodev"]),
            mount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
        ] + [sharedMemory].compactMap { $0 }
    }

    static let sharedMemoryPlace = "/dev/shm"

    /// Mounts that stay writable in a container whose root is not.
    static let writableMounts: Set<String> = ["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"]

    /// What tells of the machine, or lets one at it: hidden behind nothing, where the kernel has it at all.
    static let maskedPaths =
        [
            "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
            "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
            "/sys/devices/virtual/powercap", "/sys/firmware",
        ] + thermalThrottles

    /// How often each processor grew too hot: a hidden channel between containers.
    private static let thermalThrottles: [String] = {
        let base = "/sys/devices/system/cpu"
        let processors = (try? Directory.list(base)) ?? []
        return processors.map { "\(base)/\($0.name)/thermal_throttle" }.filter { Path.exists($0) }.sorted()
    }()

    /// What changes the machine when it is written to.
    static let readOnlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

    /// The limit of open files: the soft one that a login gets, below the daemon's hard one. Said to the runtime, since
    /// runc, as every Go program, has raised its own, and a container would get that.
    static let openFiles: JSON? = {
        guard let limit = try? Processes.limit(Processes.openFiles) else { return JSON?.none }
        return [
            "type": "RLIMIT_NOFILE", "soft": .integer(min(1024, limit.hard)), "hard": .integer(limit.hard),
        ]
    }()

    /// Of a network namespace of the container's own: ports below 1024 and ICMP sockets for every user in it.
    static func networkSettings(lastGroup: UInt32) -> [String: String] {
        ["net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 \(lastGroup)"]
    }

    /// `linux.resources.devices`: nothing but the standard devices and `more`; mknod of others is allowed, their use is
    /// not. A privileged container may use all.
    static func deviceRules(_ more: [DeviceRule], privileged: Bool) -> [JSON] {
        if privileged { return [["allow": true, "access": "rwm"]] }
        return [["allow": false, "access": "rwm"]] + (standardDevices + more).map(\.json)
    }

    /// null, zero, full, random, urandom, tty, console, ptmx and the terminals of /dev/pts.
    private static let standardDevices = [
        DeviceRule("c", nil, nil, "m"), DeviceRule("b", nil, nil, "m"), DeviceRule("c", 1, 3, "rwm"),
        DeviceRule("c", 1, 5, "rwm"), DeviceRule("c", 1, 7, "rwm"), DeviceRule("c", 1, 8, "rwm"),
        DeviceRule("c", 1, 9, "rwm"), DeviceRule("c", 5, 0, "rwm"), DeviceRule("c", 5, 1, "rwm"),
        DeviceRule("c", 5, 2, "rwm"), DeviceRule("c", 136, nil, "rwm"),
    ]
}
