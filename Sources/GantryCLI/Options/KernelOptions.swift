import ArgumentParser
import GantryModel
import GantryWire

/// The options of `run` and `create` about namespaces, limits and settings of the kernel.
struct KernelOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("PID namespace: private (the default), host or another's.", valueName: "container:name"))
    var pid: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "IPC namespace: private (the default), none, shareable, host or another's.", valueName: "container:name"))
    var ipc: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("UTS namespace: private (the default) or host.", valueName: "host"))
    var uts: String?

    @Option(
        name: .customLong("userns"), parsing: .unconditional,
        help: ArgumentHelp(
            "User namespace: host (the default), auto (ids that no other container has) or keep (the same ids).",
            valueName: "auto|host|keep"))
    var userNamespace: String?

    @Option(
        name: .customLong("shm-size"), parsing: .unconditional,
        help: ArgumentHelp("Size of /dev/shm; 64m when not given.", valueName: "bytes"))
    var sharedMemory: String?

    @Option(
        name: .customLong("ulimit"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Limit of each process, such as nofile=1024:4096.", valueName: "name=soft[:hard]"))
    var limits: [String] = []

    @Option(
        name: .customLong("sysctl"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Kernel setting of the container's own.", valueName: "name=value"))
    var settings: [String] = []

    @Option(
        name: .customLong("cgroup-parent"), parsing: .unconditional,
        help: ArgumentHelp("What its cgroup is below: a path, or a slice of systemd's.", valueName: "parent"))
    var cgroupParent: String?

    @Flag(name: .customLong("oom-kill-disable"), help: "Wait for memory instead of being killed (cgroup v1 only).")
    var oomKillDisable = false

    @Option(
        name: .customLong("annotation"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("A word for the runtime and its hooks.", valueName: "name=value"))
    var annotations: [String] = []

    /// Adds what was asked for to the parameters of `containers.create`.
    ///
    /// - Throws: a `Failure` about a value that is none.
    func add(to request: inout JSONObject) throws(Failure) {
        for (key, value) in [("pid", pid), ("ipc", ipc), ("uts", uts), ("userns", userNamespace)] {
            if let value { request[key] = .string(value) }
        }
        if let cgroupParent, !cgroupParent.isEmpty { request["cgroupParent"] = .string(cgroupParent) }
        if oomKillDisable { request["oomKillDisable"] = true }
        if !annotations.isEmpty {
            var words = JSONObject()
            for option in annotations {
                let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard !parts[0].isEmpty else {
                    throw Failure("annotation '\(option)' is not NAME=VALUE, such as run.oci.keep_original_groups=1")
                }
                words[String(parts[0])] = .string(parts.count == 2 ? String(parts[1]) : "")
            }
            request["annotations"] = .object(words)
        }
        if let sharedMemory {
            guard let bytes = ByteCount.bytes(sharedMemory) else {
                throw Failure("shm-size '\(sharedMemory)' is no size, such as 64m or 1g")
            }
            // Docker's spelling of its default.
            if bytes != 0 { request["shmSize"] = .int(bytes) }
        }
        if !limits.isEmpty { request["ulimits"] = .array(try limits.map(Self.limit)) }
        if !settings.isEmpty { request["sysctls"] = .object(try Self.settings(settings)) }
    }

    /// `NAME=SOFT[:HARD]`; the hard limit is the soft one when it is not given.
    static func limit(_ text: String) throws(Failure) -> JSON {
        func refuse() -> Failure { Failure("ulimit '\(text)' is not NAME=SOFT[:HARD], such as nofile=1024:4096") }
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw refuse() }
        var values: [Int64] = []
        for number in parts[1].split(separator: ":", omittingEmptySubsequences: false) {
            guard let value = number == "unlimited" ? -1 : Int64(number) else { throw refuse() }
            values.append(value)
        }
        guard (1...2).contains(values.count) else { throw refuse() }
        return ["name": .string(String(parts[0])), "soft": .int(values[0]), "hard": .int(values[values.count - 1])]
    }

    private static func settings(_ options: [String]) throws(Failure) -> JSONObject {
        var object: JSONObject = [:]
        for option in options {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else { throw Failure("sysctl '\(option)' is not NAME=VALUE") }
            object[String(parts[0])] = .string(String(parts[1]))
        }
        return object
    }
}
