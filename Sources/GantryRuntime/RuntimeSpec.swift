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
    var cgroupsPath: String
    /// Whether the runtime works on cgroup v2 only; there containers get a cgroup namespace.
    var unifiedCgroups: Bool

    /// Whether the runtime takes a filter of system calls ready-made.
    var takesProgram: Bool

    var json: JSON {
        var spec: JSONObject = [
            "ociVersion": "1.0.2", "process": ProcessSpec(settings, user: user).json,
            "root": ["path": .string(root), "readonly": .bool(security.readOnlyRoot)],
            "hostname": .string(settings.hostname), "mounts": .array(mounts), "linux": linux,
        ]
        if takesProgram, let program = security.seccompProgram {
            spec["annotations"] = .object([StandardFilter.annotation: .string(program)])
        }
        return .object(spec)
    }

    private var security: ContainerSettings.Security { settings.security }

    private var mounts: [JSON] {
        var result = DefaultSpec.mounts(privileged: security.privileged)
        for file in etcFiles {
            let access = security.readOnlyRoot ? ["ro"] : []
            result.append(DefaultSpec.mount(file.target, "bind", file.source, ["rbind"] + access + ["rprivate"]))
        }
        // Parents before their children, whatever the order on the command line.
        for mount in settings.mounts.sorted(by: { depth($0.target) < depth($1.target) }) {
            result.append(
                DefaultSpec.mount(
                    mount.target, "bind", mount.source, ["rbind", "rprivate", mount.readOnly ? "ro" : "rw"]))
        }
        return result
    }

    private func depth(_ path: String) -> Int { path.split(separator: "/").count }

    private var linux: JSON {
        var namespaces = ["mount", "ipc", "uts", "pid"]
        if settings.network == .none { namespaces.append("network") }
        if unifiedCgroups { namespaces.append("cgroup") }
        var linux: JSONObject = [
            "cgroupsPath": .string(cgroupsPath),
            "namespaces": .array(namespaces.map { ["type": .string($0)] }),
            "resources": ["devices": .array(DefaultSpec.deviceRules(devices.rules, privileged: security.privileged))],
        ]
        if settings.network == .none { linux["sysctl"] = DefaultSpec.networkSettings }
        linux.put("devices", .array(devices.nodes.map(\.json)))
        linux.put("maskedPaths", .strings(security.maskedPaths))
        linux.put("readonlyPaths", .strings(security.readOnlyPaths))
        linux.put("seccomp", security.seccompSpecification)
        return .object(linux)
    }
}
