import GantryModel
package import GantryWire

extension ContainerSettings {
    /// How far a container is shut in: what it may do more, and less, than the defaults of `docs/security.md`.
    ///
    /// Kept as it was asked for, in Docker's words, and read again at every start: what a device or a group is may have
    /// changed by then.
    package struct Security: Sendable, Equatable {
        /// Normalized: `CAP_…` or `ALL`.
        package var capAdd: [String] = []
        package var capDrop: [String] = []
        /// `--security-opt` in one spelling, as inspection shows it; `systempaths` is apart.
        package var options: [String] = []
        /// Every capability and device, no seccomp profile, no masks, sysfs and cgroups writable.
        package var privileged = false
        package var readOnlyRoot = false
        /// Further groups: names by the container's own file, or numbers.
        package var groups: [String] = []
        package var devices: [Device] = []
        /// Rules of the device cgroup, `c 42:* rwm`.
        package var deviceRules: [String] = []
        /// No masked and read-only paths: `systempaths=unconfined`.
        package var openSystemPaths = false
        /// Nothing that it executes gains privileges by set-user-ID bits or file capabilities.
        package var noNewPrivileges = false
        /// An AppArmor profile; nil leaves it to the system.
        package var appArmor: String?
        var seccomp = Seccomp.standard
        /// Whether the calls that the filter refuses are counted by the shim: `--trace-seccomp`.
        package var tracesCalls = false

        package init() {}
    }

    /// Which system calls are let through.
    enum Seccomp: Sendable, Equatable {
        case standard
        case unconfined
        case profile(SeccompProfile)
    }

    /// A device of the host in the container; the source may be a directory of devices.
    package struct Device: Sendable, Equatable {
        package var source: String
        package var target: String
        /// Of `r`, `w` and `m`.
        package var access: String

        package var json: JSON {
            ["source": .string(source), "target": .string(target), "access": .string(access)]
        }
    }
}

extension ContainerSettings.Security {
    /// The capabilities of the container's root user.
    var capabilities: [String] { Capabilities.set(adding: capAdd, dropping: capDrop, privileged: privileged) }

    /// `linux.seccomp`; nil when every system call is let through.
    var seccompSpecification: JSON? {
        switch seccomp {
        // `nil` alone would be JSON's null.
        case .unconfined: JSON?.none
        // As Docker: privileged means unconfined, unless a profile is asked for by name.
        case .standard: privileged ? JSON?.none : StandardFilter.of(capabilities).specification
        case .profile(let profile): profile.specification(for: .init(capabilities: capabilities))
        }
    }

    /// The same as crun takes it ready-made; nil when there is none but the specification.
    var seccompProgram: String? {
        seccomp == .standard && !privileged ? StandardFilter.of(capabilities).program : nil
    }

    /// The AppArmor profile for the runtime; nil leaves it to the system.
    ///
    /// One that is asked for by name stays asked for on a kernel without AppArmor, where the runtime refuses it.
    var appArmorProfile: String? {
        privileged || appArmor == "unconfined" && !Self.hasAppArmor ? nil : appArmor
    }

    /// Paths that look empty from inside.
    package var maskedPaths: [String] { privileged || openSystemPaths ? [] : DefaultSpec.maskedPaths }
    /// Paths that cannot be written to from inside.
    package var readOnlyPaths: [String] { privileged || openSystemPaths ? [] : DefaultSpec.readOnlyPaths }

    /// As it is stored, and as `containers.create` takes it.
    var json: JSON {
        var object = JSONObject()
        object.put("capAdd", .strings(capAdd))
        object.put("capDrop", .strings(capDrop))
        object.put("securityOpt", .strings(options + (openSystemPaths ? ["systempaths=unconfined"] : [])))
        object.put("groupAdd", .strings(groups))
        object.put("devices", .array(devices.map(\.json)))
        object.put("deviceCgroupRules", .strings(deviceRules))
        if privileged { object["privileged"] = true }
        if readOnlyRoot { object["readOnlyRoot"] = true }
        if tracesCalls { object["traceSeccomp"] = true }
        return .object(object)
    }

    /// What the caller should know: names in its seccomp profile that no system call has here.
    package var warnings: [String] {
        guard case .profile(let profile) = seccomp else { return [] }
        let unknown = profile.unknownNames
        guard !unknown.isEmpty else { return [] }
        let list = unknown.joined(separator: ", ")
        return ["seccomp profile: libseccomp does not know these system calls, and their rules have no effect: \(list)"]
    }
}
