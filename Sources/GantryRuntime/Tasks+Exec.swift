import GantryCore
package import GantryModel
import GantrySystem
package import GantryWire

/// What is to be executed in a container.
package struct ExecRequest: Sendable {
    package var settings: ContainerSettings
    /// `user[:group]`; the container's own when nil.
    package var user: String?
    /// More groups, names or numbers.
    package var groups: [String]
    package var openStdin: Bool
    package var process: ProcessSpec.Override

    package init(
        settings: ContainerSettings, user: String?, groups: [String], openStdin: Bool, process: ProcessSpec.Override
    ) {
        self.settings = settings
        self.user = user
        self.groups = groups
        self.openStdin = openStdin
        self.process = process
    }
}

/// Executing processes in running containers. The shim keeps them: a daemon that dies takes none along.
extension Tasks {
    /// Prepares a process in the container's shim, where whoever wants its streams starts it within 30 seconds.
    ///
    /// Cost: a look into the root's account files and at the program, one call to the shim.
    /// - Returns: the new process's id and the shim's socket.
    /// - Throws: `.failedPrecondition` when the container is not running; `.invalidArgument` for a user that its root
    ///   does not know.
    package func prepareExec(_ key: TaskKey, _ request: ExecRequest) throws(GantryError) -> (id: String, socket: String)
    {
        guard let entry = entry(key), case .running = entry.state else {
            throw GantryError(.failedPrecondition, "exec in container '\(key)': it is not running")
        }
        expectStart()
        let id = Self.randomHex(32)
        let file = try execFile(key, id, request)
        _ = try ShimConnection.call(entry.socket, "exec.prepare", file.json)
        FailurePoint.execPrepared.reach()
        return (id, entry.socket)
    }

    /// Starts a prepared process without anybody at its streams. Returns its pid.
    /// - Throws: what the runtime said, with `details.exitCode` 126 or 127.
    package func startExec(_ key: TaskKey, _ id: String) throws(GantryError) -> Int32 {
        guard let entry = entry(key) else {
            throw GantryError(.failedPrecondition, "exec in container '\(key)': it is not running")
        }
        let answer = try ShimConnection.call(
            entry.socket, "exec.start", ["exec": .string(id), "detach": true], milliseconds: 60_000)
        return Int32(truncatingIfNeeded: answer["pid"]?.int ?? 0)
    }

    /// The processes executed in the container: those that wait for their start, run, or ended within the last minute.
    package func execs(_ key: TaskKey) throws(GantryError) -> JSON {
        guard let entry = entry(key), case .running = entry.state else { return [] }
        return try ShimConnection.call(entry.socket, "exec.list")["execs"] ?? []
    }

    /// Sets the size of the container's terminal, or of that of a process executed in it.
    package func resize(_ key: TaskKey, exec: String?, rows: Int64, columns: Int64) throws(GantryError) {
        guard let entry = entry(key) else {
            throw GantryError(.failedPrecondition, "resize terminal of container '\(key)': it is not running")
        }
        var params: JSONObject = ["rows": .int(rows), "columns": .int(columns)]
        params.put("exec", exec)
        _ = try ShimConnection.call(entry.socket, "task.resize", params)
    }

    private func execFile(_ key: TaskKey, _ id: String, _ request: ExecRequest) throws(GantryError) -> ExecFile {
        let root = try describing("open root of container '\(key)'") { () throws(Errno) in
            try File.open(directory(key).root, [.directory, .path])
        }
        var settings = request.settings
        settings.user = request.user ?? settings.user
        settings.arguments = request.process.arguments ?? settings.arguments
        settings.workingDirectory = request.process.workingDirectory ?? settings.workingDirectory
        settings.env += request.process.env
        let search = RootSearch(root: root.raw, settings: settings)
        let user = try search.user(adding: request.settings.security.groups + request.groups)
        try Self.check(user, in: settings)
        return ExecFile(
            id: id, process: ProcessSpec(request.settings, user: user, override: request.process).json,
            terminal: request.process.terminal ?? false, openStdin: request.openStdin,
            // As docker's: 127 for a program that is not there, 126 for all that cannot be executed.
            failureCode: search.entrypoint() == .missing ? 127 : 126,
            streamOwner: Self.streamOwner(user, settings))
    }
}
