import GantryModel
import GantrySystem
import GantryWire

/// Reading what a caller asks for, and what is stored: the same words.
extension ContainerSettings.Security {
    /// - Parameter request: the parameters of `containers.create`, checked for their types; or what `json` gave.
    /// - Parameter stored: a container that exists already is not refused because the machine has changed.
    /// - Throws: `.invalidArgument` naming what makes no sense.
    init(_ request: JSON, stored: Bool = false) throws(GantryError) {
        func strings(_ key: String) -> [String] { (request[key]?.array ?? []).compactMap(\.string) }
        capAdd = try Capabilities.normalize(strings("capAdd"), for: "capAdd", mustBeAvailable: !stored)
        capDrop = try Capabilities.normalize(strings("capDrop"), for: "capDrop", mustBeAvailable: false)
        privileged = request["privileged"]?.bool ?? false
        tracesCalls = request["traceSeccomp"]?.bool ?? false
        readOnlyRoot = request["readOnlyRoot"]?.bool ?? false
        groups = strings("groupAdd")
        for group in groups where group.isEmpty || group.utf8.contains(0) {
            throw GantryError(.invalidArgument, "create container: group '\(group)' in groupAdd is no group")
        }
        deviceRules = strings("deviceCgroupRules")
        for rule in deviceRules { _ = try DeviceRule(rule) }
        for device in request["devices"]?.array ?? [] { devices.append(try ContainerSettings.Device(device)) }
        for option in strings("securityOpt") { try take(option, stored: stored) }
        // Refused before anything is made, not at the start.
        if !stored { _ = try trace(listener: "/") }
        if privileged, !options.contains(where: { $0.hasPrefix("label=") }) { options.append("label=disable") }
    }

    private mutating func take(_ option: String, stored: Bool) throws(GantryError) {
        // Docker's old spelling has a colon.
        let parts = option.split(
            maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { $0 == "=" || $0 == ":" }
        ).map(String.init)
        let value = parts.count > 1 ? parts[1] : nil
        func refuse(_ reason: String) -> GantryError {
            GantryError(.invalidArgument, "create container: securityOpt '\(option.prefix(80))': \(reason)")
        }
        switch (parts[0], value) {
        case ("no-new-privileges", nil), ("no-new-privileges", "true"):
            noNewPrivileges = true
            replace("no-new-privileges", with: "no-new-privileges")
        case ("no-new-privileges", "false"):
            noNewPrivileges = false
            replace("no-new-privileges", with: nil)
        case ("no-new-privileges", _): throw refuse("the value is neither 'true' nor 'false'")
        case ("systempaths", "unconfined"): openSystemPaths = true
        case ("systempaths", _): throw refuse("the only value is 'unconfined'")
        case ("seccomp", let text?): try takeSeccomp(text)
        case ("apparmor", "unconfined"):
            appArmor = "unconfined"
            replace("apparmor=", with: "apparmor=unconfined")
        case ("apparmor", let profile?) where !profile.isEmpty:
            guard stored || Self.hasAppArmor else {
                throw refuse("the kernel of this machine has no AppArmor, so that no profile can be applied")
            }
            appArmor = profile
            replace("apparmor=", with: "apparmor=\(profile)")
        case ("label", "disable"): replace("label=", with: "label=disable")
        case ("label", _): throw refuse("SELinux labels are not available in this version; there is 'label=disable'")
        default:
            throw refuse(
                "unknown; there are seccomp=…, no-new-privileges, systempaths=unconfined, apparmor=… and label=disable")
        }
    }

    private mutating func takeSeccomp(_ text: String) throws(GantryError) {
        switch text {
        case "unconfined": seccomp = .unconfined
        case "builtin", "default": seccomp = .standard
        default:
            seccomp = .profile(
                try SeccompProfile(document: .document(Array(text.utf8), of: "seccomp profile")))
        }
        replace("seccomp=", with: text == "default" ? "seccomp=builtin" : "seccomp=" + text)
    }

    /// The last of several options of one kind wins.
    private mutating func replace(_ prefix: String, with option: String?) {
        options.removeAll { $0.hasPrefix(prefix) }
        if let option { options.append(option) }
    }

    /// Whether this kernel applies AppArmor profiles.
    static let hasAppArmor =
        ((try? File.contents("/sys/module/apparmor/parameters/enabled", limit: 16)) ?? []).first == UInt8(ascii: "Y")
}

extension ContainerSettings.Device {
    fileprivate init(_ json: JSON) throws(GantryError) {
        for member in json.object?.members ?? [] where !["source", "target", "access"].contains(member.key) {
            throw GantryError(.invalidArgument, "create container: unknown field 'devices.\(member.key)'")
        }
        guard let source = json["source"]?.string, source.hasPrefix("/"), !source.utf8.contains(0) else {
            throw GantryError(.invalidArgument, "create container: a device's 'source' is no absolute path")
        }
        self.source = source
        target = json["target"]?.string ?? source
        access = json["access"]?.string ?? "rwm"
        guard target.hasPrefix("/"), target != "/", !target.utf8.contains(0) else {
            throw GantryError(
                .invalidArgument, "create container: device '\(source)': target '\(target)' is no absolute path below /"
            )
        }
        guard Self.isAccess(access) else {
            throw GantryError(
                .invalidArgument, "create container: device '\(source)': bad mode '\(access)'; it is made of r, w and m"
            )
        }
    }

    /// Each of `r`, `w` and `m` at most once, and one at least.
    static func isAccess(_ text: String) -> Bool {
        !text.isEmpty && text.allSatisfy { "rwm".contains($0) } && Set(text).count == text.count
    }
}
