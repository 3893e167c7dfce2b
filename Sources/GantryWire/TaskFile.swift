/// What the daemon tells a shim about its container: the file `task.json` in the task's directory.
///
/// The shim reads it once at its start. A newer `version` than the shim knows is refused; unknown members are ignored,
/// so that a shim of one version serves the next daemon.
package struct TaskFile: Sendable {
    package static let version: Int64 = 1

    package var id: String
    package var namespace: String
    /// The task's directory: `shim.json`, `exit`, `pid` and the runtime's log are written here.
    package var directory: String
    /// The OCI bundle: the directory with `config.json`.
    package var bundle: String
    /// The OCI runtime's program and the options before its verb (`--root …`).
    package var runtime: String
    package var runtimeOptions: [String]
    /// The daemon's socket, where the exit is told.
    package var daemonSocket: String
    /// Where the container's output is kept; nil keeps none.
    package var log: LogTarget?
    /// Whether standard input is a pipe that clients feed, or the null device.
    package var openStdin: Bool
    /// Whether the container has a terminal, which the runtime delivers, instead of pipes.
    package var terminal: Bool
    /// The container's directories in the cgroup file system, to be read after its end; those that do not exist count
    /// for nothing.
    package var cgroups: [String]
    /// What the container's cgroup is below; empty for Gantry's own. Nothing to the shim: a daemon that finds the task again
    /// reads it.
    package var cgroupParent: String
    /// Who owns the pipes that are the process's standard streams; nil leaves them to the runtime, which cannot give away
    /// what belongs to nobody in the container's user namespace.
    package var streamOwner: UInt32?
    /// Where the runtime sends the listener of a filter that asks (`--trace-seccomp`); the filter as it would be otherwise
    /// is the file `seccomp.bpf` in the task's directory. Nil for a filter that asks nobody.
    package var trapSocket: String?

    package init(
        id: String, namespace: String, directory: String, bundle: String, runtime: String, runtimeOptions: [String],
        daemonSocket: String, log: LogTarget?, openStdin: Bool, terminal: Bool, cgroups: [String],
        cgroupParent: String = "", streamOwner: UInt32? = nil, trapSocket: String? = nil
    ) {
        self.id = id
        self.namespace = namespace
        self.directory = directory
        self.bundle = bundle
        self.runtime = runtime
        self.runtimeOptions = runtimeOptions
        self.daemonSocket = daemonSocket
        self.log = log
        self.openStdin = openStdin
        self.terminal = terminal
        self.cgroups = cgroups
        self.cgroupParent = cgroupParent
        self.streamOwner = streamOwner
        self.trapSocket = trapSocket
    }

    /// Nil when a member is missing or of the wrong type, or the version is newer.
    package init?(_ json: JSON) {
        guard let version = json["version"]?.int, version <= Self.version,
            let id = json["id"]?.string, let namespace = json["namespace"]?.string,
            let directory = json["directory"]?.string, let bundle = json["bundle"]?.string,
            let runtime = json["runtime"]?.string, let options = json["runtimeOptions"]?.array,
            let daemonSocket = json["daemonSocket"]?.string, let openStdin = json["openStdin"]?.bool
        else { return nil }
        self.init(
            id: id, namespace: namespace, directory: directory, bundle: bundle, runtime: runtime,
            runtimeOptions: options.compactMap { $0.string }, daemonSocket: daemonSocket,
            log: json["log"].flatMap { LogTarget($0) },
            openStdin: openStdin, terminal: json["terminal"]?.bool ?? false,
            cgroups: (json["cgroups"]?.array ?? []).compactMap { $0.string },
            cgroupParent: json["cgroupParent"]?.string ?? "",
            streamOwner: json["streamOwner"]?.uint.map { UInt32(clamping: $0) },
            trapSocket: json["trapSocket"]?.string)
    }

    package var json: JSON {
        var object: JSONObject = [
            "version": .int(Self.version), "id": .string(id), "namespace": .string(namespace),
            "directory": .string(directory), "bundle": .string(bundle), "runtime": .string(runtime),
            "runtimeOptions": .array(runtimeOptions.map { .string($0) }), "daemonSocket": .string(daemonSocket),
            "log": log?.json ?? .null, "openStdin": .bool(openStdin),
            "terminal": .bool(terminal),
            "cgroups": .array(cgroups.map { .string($0) }), "cgroupParent": .string(cgroupParent),
        ]
        if let streamOwner { object["streamOwner"] = .int(Int64(streamOwner)) }
        if let trapSocket { object["trapSocket"] = .string(trapSocket) }
        return .object(object)
    }
}
