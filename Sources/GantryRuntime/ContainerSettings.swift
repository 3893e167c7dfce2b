package import GantryModel
package import GantryWire

/// Everything about a container that was decided when it was created: image defaults and the caller's wishes, merged.
///
/// Stored as the container's spec and never changed by running it; the OCI configuration is made from it at every start.
package struct ContainerSettings: Sendable, Equatable {
    /// A terminal's window.
    package struct ConsoleSize: Sendable, Equatable {
        package var rows: Int64
        package var columns: Int64

        /// Nil unless both sides are there and fit into 16 bits; a side of 0 is no size.
        package init?(_ json: JSON?) {
            guard let rows = json?["rows"]?.int, let columns = json?["columns"]?.int, (1...65535).contains(rows),
                (1...65535).contains(columns)
            else { return nil }
            self.rows = rows
            self.columns = columns
        }

        var json: JSON { ["rows": .int(rows), "columns": .int(columns)] }
        /// As the runtime specification has it: `process.consoleSize`.
        var specification: JSON { ["height": .int(rows), "width": .int(columns)] }
    }

    package enum Network: String, Sendable { case none, host }

    /// Program and arguments; not empty.
    package var arguments: [String]
    package var entrypoint: [String]
    package var command: [String]
    package var env: [String]
    /// Absolute.
    package var workingDirectory: String
    /// `user[:group]`, names or numbers; empty is root.
    package var user: String
    package var hostname: String
    package var network: Network
    /// What was asked for: `auto`, `crun`, `runc` or a path.
    package var runtime: String
    package var mounts: [Mount]
    package var namespaces = Namespaces()
    package var userNamespace = UserNamespace()
    package var names = Names()
    package var limits = Limits()
    package var resources = Resources()
    package var log = Log()
    /// What its cgroup is below: a path, or with systemd the name of a slice; empty is Gantry's own.
    package var cgroupParent = ""
    /// Words for the runtime and its hooks, by name.
    package var annotations: [String: String] = [:]
    /// Whether a small init is the first process, which passes signals on and reaps orphans.
    package var hasInit: Bool
    package var openStdin: Bool
    /// Whether it has a terminal instead of three pipes.
    package var terminal: Bool
    /// The terminal's size at the start, in characters; what the runtime sets when nil.
    package var consoleSize: ConsoleSize?
    package var autoRemove: Bool
    package var security = Security()
    /// A name or number; SIGTERM when nil.
    package var stopSignal: String?
    /// Seconds before `stop` kills; 10 when nil.
    package var stopTimeout: Int64?
    package var platform: String
    /// Paths of anonymous volumes that the image declares, for inspection.
    package var exposedPorts: [String]

    package init(arguments: [String], entrypoint: [String], command: [String], hostname: String) {
        self.arguments = arguments
        self.entrypoint = entrypoint
        self.command = command
        self.hostname = hostname
        env = []
        workingDirectory = "/"
        user = ""
        network = .none
        runtime = "auto"
        mounts = []
        openStdin = false
        terminal = false
        autoRemove = false
        hasInit = false
        platform = "linux"
        exposedPorts = []
    }
}

extension ContainerSettings {
    package init(json: JSON) throws(GantryError) {
        guard let arguments = json["arguments"]?.array?.compactMap(\.string), let hostname = json["hostname"]?.string
        else { throw GantryError(.dataLoss, "read container settings: 'arguments' or 'hostname' is missing") }
        self.init(
            arguments: arguments, entrypoint: (json["entrypoint"]?.array ?? []).compactMap(\.string),
            command: (json["command"]?.array ?? []).compactMap(\.string), hostname: hostname)
        env = (json["env"]?.array ?? []).compactMap(\.string)
        workingDirectory = json["workingDirectory"]?.string ?? "/"
        user = json["user"]?.string ?? ""
        network = json["network"]?.string.flatMap(Network.init(rawValue:)) ?? .none
        runtime = json["runtime"]?.string ?? "auto"
        for mount in json["mounts"]?.array ?? [] { mounts.append(try Mount(stored: mount)) }
        namespaces = try Namespaces(json["namespaces"] ?? [:])
        userNamespace = try UserNamespace(json["userNamespace"] ?? [:])
        names = try Names(json["names"] ?? [:])
        limits = try Limits(json["limits"] ?? [:])
        resources = try Resources(json["resources"] ?? [:])
        log = try Log(json["log"] ?? [:])
        cgroupParent = json["cgroupParent"]?.string ?? ""
        annotations = json["annotations"]?.stringMap ?? [:]
        hasInit = json["init"]?.bool ?? false
        openStdin = json["openStdin"]?.bool ?? false
        terminal = json["terminal"]?.bool ?? false
        consoleSize = ConsoleSize(json["consoleSize"])
        autoRemove = json["autoRemove"]?.bool ?? false
        if let stored = json["security"] { security = try Security(stored, stored: true) }
        stopSignal = json["stopSignal"]?.string
        stopTimeout = json["stopTimeout"]?.int
        platform = json["platform"]?.string ?? "linux"
        exposedPorts = (json["exposedPorts"]?.array ?? []).compactMap(\.string)
    }

    package var json: JSON {
        var object: JSONObject = [
            "arguments": .strings(arguments), "entrypoint": .strings(entrypoint), "command": .strings(command),
            "env": .strings(env), "workingDirectory": .string(workingDirectory), "user": .string(user),
            "hostname": .string(hostname), "network": .string(network.rawValue), "runtime": .string(runtime),
            "openStdin": .bool(openStdin), "autoRemove": .bool(autoRemove), "platform": .string(platform),
            "exposedPorts": .strings(exposedPorts),
        ]
        object["mounts"] = .array(mounts.map(\.json))
        object.put("namespaces", namespaces.json)
        object.put("userNamespace", userNamespace.json)
        object.put("names", names.json)
        object.put("limits", limits.json)
        object.put("resources", resources.json)
        object.put("log", log.json)
        object.put("cgroupParent", cgroupParent.isEmpty ? nil : cgroupParent)
        object.put("annotations", .map(annotations))
        if hasInit { object["init"] = true }
        object["terminal"] = .bool(terminal)
        object.put("consoleSize", consoleSize?.json)
        object.put("security", security.json)
        object.put("stopSignal", stopSignal)
        object.put("stopTimeout", stopTimeout.map { JSON.int($0) })
        return .object(object)
    }
}
