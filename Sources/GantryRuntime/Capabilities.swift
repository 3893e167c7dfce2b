import GantryModel
import GantrySystem
import GantryWire

/// Linux capabilities, and which of them a container has.
///
/// Source: capabilities(7). The default set is Docker's ("Runtime privilege and Linux capabilities" of its manual).
enum Capabilities {
    /// Every capability by its number.
    static let all = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
        "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO",
        "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
        "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ]

    /// What a container has without being given more.
    static let standard = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL",
        "CAP_AUDIT_WRITE",
    ]

    /// Stands for every capability.
    static let everything = "ALL"

    /// What this daemon holds and so can give, by number. A daemon that runs confined itself gives no more than it has:
    /// a runtime that is asked for more does not start the container.
    static let available: [String] = {
        let status = String(decoding: (try? File.contents("/proc/self/status", limit: 1 << 16)) ?? [], as: UTF8.self)
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapBnd:") }
        guard let digits = line?.split(whereSeparator: \.isWhitespace).last, let mask = UInt64(digits, radix: 16) else {
            return all
        }
        return all.indices.filter { mask & (1 << UInt64($0)) != 0 }.map { all[$0] }
    }()

    /// The names as the kernel's headers have them: any case, with or without `CAP_`; `ALL` stays.
    /// - Throws: `.invalidArgument` for a name that is no capability, and for one that cannot be given here.
    static func normalize(_ names: [String], for option: String, mustBeAvailable: Bool) throws(GantryError) -> [String]
    {
        var result = [String]()
        for given in names {
            let upper = given.uppercased()
            let name = upper == everything || upper.hasPrefix("CAP_") ? upper : "CAP_" + upper
            if name != everything {
                guard all.contains(name) else {
                    throw GantryError(
                        .invalidArgument, "create container: invalid \(option): unknown capability '\(given)'")
                }
                guard !mustBeAvailable || available.contains(name) else {
                    throw GantryError(
                        .invalidArgument,
                        "create container: invalid \(option): '\(name)' is not among the capabilities that gantryd has")
                }
            }
            if !result.contains(name) { result.append(name) }
        }
        return result
    }

    /// The container's set, as Docker works it out: what is dropped goes first, what is added comes then, and `ALL` on
    /// one side makes the other side the exceptions.
    ///
    /// Both lists are normalized. The default set comes in its own order, all others by number.
    static func set(adding add: [String], dropping drop: [String], privileged: Bool) -> [String] {
        if privileged { return available }
        if add.isEmpty, drop.isEmpty { return standard }
        if add.contains(everything) { return available.filter { !drop.contains($0) } }
        if drop.contains(everything) { return all.filter { add.contains($0) } }
        return all.filter { add.contains($0) || standard.contains($0) && !drop.contains($0) }
    }
}
