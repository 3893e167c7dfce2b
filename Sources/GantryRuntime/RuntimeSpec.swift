import GantryModel
import GantryWire

/// Makes the `config.json` of a bundle.
///
/// Source: OCI runtime-spec v1.0.2; defaults as Docker's (see `DefaultSpec`).
struct RuntimeSpec {
    var id: String
    var settings: ContainerSettings
    /// Where the root file system is mounted on the host.
    var root: String
    var user: ResolvedUser
    var devices: HostDevices
    /// Host paths of the container's own `hosts`, `hostname` and `resolv.conf`.
    var etcFiles: [(source: String, target: String)]
    /// What it shares with other containers or the machine.
    var joined: JoinedNamespaces
    /// The program on the host that is the first process of containers that want one.
    var initSource: String
    var cgroupsPath: String
    /// Whether the runtime works on cgroup v2 only; there containers get a cgroup namespace.
    var unifiedCgroups: Bool

    /// The filter that asks, for a container that is traced.
    var trace: SeccompTrace?
    /// What the runtime is told about cgroups beside the path.
    var cgroupAnnotations: [String: String]

    /// Whether the runtime takes a filter of system calls ready-made.
    var takesProgram: Bool

    var json: JSON {
        var spec: JSONObject = [
            "ociVersion": "1.0.2", "process": ProcessSpec(settings, user: user).json,
            "root": ["path": .string(root), "readonly": .bool(security.readOnlyRoot)],
            "mounts": .array(mounts), "linux": linux,
        ]
        if settings.namespaces.uts == .own { spec["hostname"] = .string(settings.hostname) }
        var annotations = settings.annotations.merging(cgroupAnnotations) { _, ours in ours }
        if takesProgram, let program = trace?.asking ?? security.seccompProgram {
            annotations[StandardFilter.annotation] = program
        }
        spec.put("annotations", .map(annotations))
        return .object(spec)
    }

    private var security: ContainerSettings.Security { settings.security }

    private var mounts: [JSON] {
        // A fresh sysfs shows the network namespace that it is mounted in, and that must belong to the user namespace.
        let bindsSystem = settings.userNamespace.isNew && settings.network == .host
        var result = DefaultSpec.mounts(
            privileged: security.privileged, bindsSystem: bindsSystem, sharedMemory: sharedMemory)
        for file in etcFiles {
            let access = security.readOnlyRoot ? ["ro"] : []
            result.append(DefaultSpec.mount(file.target, "bind", file.source, ["rbind"] + access + ["rprivate"]))
        }
        // Below /dev, which is the container's own and made anew each time: nothing is left in the image.
        if settings.hasInit {
            result.append(DefaultSpec.mount(Self.initProgram, "bind", initSource, ["bind", "rprivate", "ro"]))
        }
        // A user's mount is instead of a default one at its place, and so is a /dev of the user's.
        let taken = Set(settings.mounts.map(\.target))
        result.removeAll { mount in
            guard let target = mount["destination"]?.string else { return false }
            return taken.contains(target)
                || taken.contains("/dev") && target.hasPrefix("/dev/") && target != Self.initProgram
        }
        // Parents before their children, whatever the order on the command line.
        let users = settings.mounts.sorted { depth($0.target) < depth($1.target) }.map(\.specification)
        if taken.contains("/dev"), settings.hasInit, let own = result.popLast() { return result + users + [own] }
        return result + users
    }

    /// Where the init is inside.
    static let initProgram = "/dev/gantry-init"

    /// /dev/shm: memory of the container's own, a directory of the host, or none.
    private var sharedMemory: JSON? {
        let place = DefaultSpec.sharedMemoryPlace
        if let source = joined.sharedMemory {
            return DefaultSpec.mount(place, "bind", source, ["rbind", "rprivate"])
        }
        if settings.namespaces.ipc == .none { return JSON?.none }
        return DefaultSpec.mount(
            place, "tmpfs", "shm",
            ["nosuid", "noexec", "nodev", "mode=1777", "size=\(settings.limits.sharedMemory)"])
    }

    private func depth(_ path: String) -> Int { path.split(separator: "/").count }

    private var linux: JSON {
        var linux: JSONObject = [
            "cgroupsPath": .string(cgroupsPath),
            "namespaces": .array(namespaces),
            "resources": .object(resources),
        ]
        linux.put("uidMappings", settings.userNamespace.mappings)
        linux.put("gidMappings", settings.userNamespace.mappings)
        linux.put("sysctl", .map(kernelSettings))
        linux["rootfsPropagation"] = .string(rootPropagation)
        linux.put("devices", .array(devices.nodes.map(\.json)))
        linux.put("maskedPaths", .strings(security.maskedPaths))
        linux.put("readonlyPaths", .strings(security.readOnlyPaths))
        linux.put("seccomp", trace?.specification ?? security.seccompSpecification)
        return .object(linux)
    }

    private var resources: JSONObject {
        var resources = settings.resources.specification
        resources["devices"] = .array(DefaultSpec.deviceRules(devices.rules, privileged: security.privileged))
        return resources
    }

    private var namespaces: [JSON] {
        func entry(_ type: String, _ mode: ContainerSettings.Namespaces.Mode, _ path: String? = nil) -> [JSON] {
            if let path { return [["type": .string(type), "path": .string(path)]] }
            return mode.isNew ? [["type": .string(type)]] : []
        }
        let own = settings.namespaces
        var result: [JSON] = [["type": "mount"]]
        result += entry("ipc", own.ipc, joined.ipc) + entry("uts", own.uts) + entry("pid", own.pid, joined.pid)
        if settings.network == .none { result.append(["type": "network"]) }
        if unifiedCgroups { result.append(["type": "cgroup"]) }
        if settings.userNamespace.isNew { result.append(["type": "user"]) }
        return result
    }

    private var kernelSettings: [String: String] {
        let last = settings.userNamespace.lastGroup
        var result = settings.network == .none ? DefaultSpec.networkSettings(lastGroup: last) : [:]
        // The specification's own field is younger than the runtimes of today.
        if !settings.names.domain.isEmpty { result["kernel.domainname"] = settings.names.domain }
        return result.merging(settings.limits.kernel) { _, given in given }
    }

    /// A mount can pass things on only when the root it is in does. Otherwise nothing comes in: runc would have the root
    /// follow the machine's, which systemd shares.
    private var rootPropagation: String {
        let wanted = settings.mounts.compactMap(\.propagation)
        if wanted.contains(.shared) || wanted.contains(.rshared) { return "shared" }
        return wanted.contains(.slave) || wanted.contains(.rslave) ? "rslave" : "rprivate"
    }
}
