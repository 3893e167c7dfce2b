import GantryCore
import GantryHost
import GantryModel
import GantrySystem
import GantryWire

/// From a container to a shim that waits for its start.
extension Tasks {
    /// Mounts the root, writes the bundle and starts the shim. The runtime is not called before `start`.
    ///
    /// Waits for what an earlier run of the container left to be gone. Cost: a mount, seven small files, one spawn.
    /// - Returns: the path of the shim's socket, on which clients may attach at once.
    /// - Throws: `.failedPrecondition` when the container has a task that lives; `.invalidArgument` for a user that its
    ///   root does not know.
    package func create(_ request: TaskRequest) throws -> String {
        let key = request.key
        expectStart()
        try claim(request)
        let directory = directory(key)
        let socket = "\(configuration.state)/s/\(Self.randomHex(8)).sock"
        do {
            try directory.create()
            FailurePoint.taskDirectory.reach()
            try request.mountRoot(directory.root)
            FailurePoint.taskMounted.reach()
            let user = try inspectRoot(request, directory.root)
            try writeBundle(request, directory, socket, user)
            FailurePoint.taskBundle.reach()
            try launch(request, directory, socket)
            return socket
        } catch {
            entries.with { $0[key]?.state = .failed }
            dismantle(key, runtime: nil)
            try? Path.unlink(socket)
            throw error
        }
    }

    /// Takes the key's place, once the task before has left it.
    private func claim(_ request: TaskRequest) throws(GantryError) {
        let key = request.key
        let lives = entries.wait(milliseconds: 10_000) { entries -> Bool? in
            switch entries[key]?.state {
            case nil:
                entries[key] = TaskEntry(
                    state: .creating, socket: "", runtime: request.runtime,
                    cgroupParent: request.settings.cgroupParent, isChild: true)
                return false
            case .exited, .failed: return nil
            // Its shim has told its clients of the end, and is just about to tell us.
            case .running where Path.exists(directory(key).exitFile): return nil
            default: return true
            }
        }
        if lives == true {
            throw GantryError(.failedPrecondition, "create task '\(key)': the container has one already")
        }
        if lives == nil {
            throw GantryError(.unavailable, "create task '\(key)': its last run is still being cleaned up")
        }
    }

    /// Where a filter that asks sends its listener: as short as the shim's socket, and as easily found.
    static func trapSocket(beside socket: String) -> String {
        socket.hasSuffix(".sock") ? socket.dropLast(4) + "trap" : ""
    }

    /// Random bytes in hexadecimal digits.
    static func randomHex(_ count: Int) -> String {
        File.random(count).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    private func writeBundle(
        _ request: TaskRequest, _ directory: TaskDirectory, _ socket: String, _ user: ResolvedUser
    ) throws {
        let key = request.key
        let cgroups = configuration.cgroups
        let place = place(key)
        let etcFiles = try directory.writeEtcFiles(request.settings)
        if let owners = request.settings.userNamespace.owners { try directory.giveEtcFiles(to: owners) }
        let trapSocket = Self.trapSocket(beside: socket)
        let trace = try request.settings.security.trace(listener: trapSocket)
        if let trace { try directory.write("seccomp.bpf", trace.program) }
        let isCrun = request.runtime.name == "crun"
        let spec = RuntimeSpec(
            id: key.id, settings: try shiftMounts(request.settings, directory, isCrun: isCrun), root: directory.root,
            user: user,
            devices: try HostDevices(request.settings.security),
            etcFiles: etcFiles,
            joined: try join(request, directory), initSource: configuration.shimProgram,
            cgroupsPath: cgroups.path(place), unifiedCgroups: cgroups.version == .v2, trace: trace,
            cgroupAnnotations: cgroups.annotations(request.settings.resources, isCrun: isCrun), takesProgram: isCrun)
        try directory.write("config.json", spec.json.encoded())
        let task = TaskFile(
            id: key.id, namespace: key.namespace, directory: directory.path, bundle: directory.path,
            runtime: request.runtime.path, runtimeOptions: runtimeOptions(request.runtime),
            daemonSocket: configuration.daemonSocket, log: request.log, openStdin: request.settings.openStdin,
            terminal: request.settings.terminal,
            cgroups: cgroups.counters(place), cgroupParent: place.parent,
            streamOwner: Self.streamOwner(user, request.settings), trapSocket: trace == nil ? nil : trapSocket)
        try directory.write("task.json", task.json.encoded())
    }

    /// The socket is bound here, so that clients can connect before the shim has taken its first breath.
    private func launch(_ request: TaskRequest, _ directory: TaskDirectory, _ socket: String) throws(GantryError) {
        try directory.write("socket", Array(socket.utf8))
        try describing("start shim '\(configuration.shimProgram)'") { () throws(Errno) in
            let listener = try UnixSocket.listen(socket, mode: 0o660)
            FailurePoint.taskSocket.reach()
            if let group = configuration.group { try Path.changeOwner(socket, uid: 0, gid: group) }
            let log = try File.open(directory.path + "/shim.log", [.write, .create, .append], mode: 0o600)
            var spawn = Spawn(configuration.shimProgram, ["gantry-shim", directory.taskFile])
            spawn.environment = FailurePoint.environment
            let program = sealedProgram(request.runtime)
            spawn.descriptors = [-1, log.raw, log.raw, listener.raw, program?.descriptor.raw ?? -1]
            spawn.newSession = true
            // It binds the runtime's console sockets there: by paths from the root they might be too long.
            spawn.directory = directory.path
            let shim = SharedDescriptor(try spawn.start().takeDescriptor())
            FailurePoint.taskShim.reach()
            entries.with { entries in
                entries[request.key]?.socket = socket
                entries[request.key]?.shim = shim
                entries[request.key]?.state = .created
            }
            try watch(request.key, shim, isChild: true)
        }
    }
}
