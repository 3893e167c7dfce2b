import GantryModel
package import GantryWire

extension ContainerSettings {
    /// What the kernel is told about a container's processes, beside its cgroup.
    package struct Limits: Sendable, Equatable {
        package var processes: [ProcessLimit] = []
        /// Kernel settings of the container's own namespaces: `net.ipv4.ip_forward`.
        package var kernel: [String: String] = [:]
        /// Bytes of /dev/shm.
        package var sharedMemory = Limits.standardSharedMemory

        /// 64 MiB, as Docker.
        package static let standardSharedMemory: Int64 = 64 << 20

        package init() {}
    }

    /// A limit of each of a container's processes, by setrlimit(2).
    package struct ProcessLimit: Sendable, Equatable {
        /// As Docker's `--ulimit` names it: `nofile`.
        package var name: String
        /// -1 is no limit.
        package var soft: Int64
        package var hard: Int64

        /// The names, each the end of `RLIMIT_…` in small letters.
        package static let names: Set<String> = [
            "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss",
            "rtprio", "rttime", "sigpending", "stack",
        ]

        package var json: JSON { ["name": .string(name), "soft": .int(soft), "hard": .int(hard)] }

        /// The entry of `process.rlimits`.
        var specification: JSON {
            [
                "type": .string("RLIMIT_" + name.uppercased()), "soft": Self.value(soft), "hard": Self.value(hard),
            ]
        }

        /// No limit is the largest number there is.
        private static func value(_ number: Int64) -> JSON { number < 0 ? .integer(UInt64.max) : .int(number) }
    }
}

extension ContainerSettings.Limits {
    /// - Parameter request: the parameters of `containers.create`, or what `json` gave.
    /// - Throws: `.invalidArgument` naming what makes no sense.
    init(_ request: JSON) throws(GantryError) {
        for limit in request["ulimits"]?.array ?? [] {
            let limit = try ContainerSettings.ProcessLimit(limit)
            processes.removeAll { $0.name == limit.name }
            processes.append(limit)
        }
        for member in request["sysctls"]?.object?.members ?? [] {
            guard Self.isOfNamespace(member.key) else {
                throw GantryError(
                    .invalidArgument,
                    "create container: sysctl '\(member.key)' is not allowed: it is the whole machine's; a container's own begin with net. or fs.mqueue., or are of System V IPC"
                )
            }
            guard let value = member.value.string, !value.utf8.contains(0) else {
                throw GantryError(.invalidArgument, "create container: sysctl '\(member.key)' has no text for a value")
            }
            kernel[member.key] = value
        }
        if let bytes = request["shmSize"]?.int {
            guard bytes > 0 else {
                throw GantryError(.invalidArgument, "create container: shmSize \(bytes) is not above 0")
            }
            sharedMemory = bytes
        }
    }

    /// In the words of `containers.create`.
    var json: JSON {
        var object = JSONObject()
        object.put("ulimits", .array(processes.map(\.json)))
        object.put("sysctls", .map(kernel))
        if sharedMemory != Self.standardSharedMemory { object["shmSize"] = .int(sharedMemory) }
        return .object(object)
    }

    /// Whether a setting is of a namespace that a container has for itself.
    private static func isOfNamespace(_ name: String) -> Bool {
        isOfNetwork(name) || isOfMessages(name)
    }

    private static func isOfNetwork(_ name: String) -> Bool { name.hasPrefix("net.") && isPath(name) }

    /// Of the IPC namespace. Source: namespaces(7), ipc_namespaces(7).
    private static func isOfMessages(_ name: String) -> Bool {
        name.hasPrefix("fs.mqueue.") && isPath(name)
            || [
                "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
                "kernel.shmmni", "kernel.shm_rmid_forced",
            ].contains(name)
    }

    /// It becomes a path below /proc/sys, and must not lead elsewhere.
    private static func isPath(_ name: String) -> Bool {
        name.utf8.allSatisfy { $0 > 32 && $0 != UInt8(ascii: "\\") && $0 < 127 } && !name.contains("..")
            && !name.hasSuffix(".")
    }

    /// - Throws: `.invalidArgument` for a setting of a namespace that is not the container's own.
    func check(network: ContainerSettings.Network, _ namespaces: ContainerSettings.Namespaces) throws(GantryError) {
        for name in kernel.keys.sorted() {
            let owner =
                if network == .host, Self.isOfNetwork(name) {
                    "the machine's network"
                } else if !namespaces.ipc.isNew, Self.isOfMessages(name) {
                    "another's IPC namespace"
                } else {
                    String?.none
                }
            if let owner {
                throw GantryError(
                    .invalidArgument, "create container: sysctl '\(name)' is not allowed in \(owner)")
            }
        }
    }
}

extension ContainerSettings.ProcessLimit {
    fileprivate init(_ json: JSON) throws(GantryError) {
        for member in json.object?.members ?? [] where !["name", "soft", "hard"].contains(member.key) {
            throw GantryError(.invalidArgument, "create container: unknown field 'ulimits.\(member.key)'")
        }
        guard let name = json["name"]?.string, Self.names.contains(name) else {
            throw GantryError(
                .invalidArgument,
                "create container: ulimit '\(json["name"]?.string ?? "")' is none of \(Self.names.sorted().joined(separator: ", "))"
            )
        }
        guard let soft = json["soft"]?.int, soft >= -1 else {
            throw GantryError(.invalidArgument, "create container: ulimit '\(name)': 'soft' is no number, nor -1")
        }
        let hard = json["hard"]?.int ?? soft
        guard hard == -1 || hard >= 0 && soft != -1 && soft <= hard else {
            throw GantryError(
                .invalidArgument,
                "create container: ulimit '\(name)': the soft limit \(soft) is above the hard one, \(hard)")
        }
        self.name = name
        self.soft = soft
        self.hard = hard
    }
}
