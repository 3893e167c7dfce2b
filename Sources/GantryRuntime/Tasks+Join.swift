import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// What a container shares with another, or with the machine.
struct JoinedNamespaces: Sendable, Equatable {
    /// The namespaces to join, as paths in /proc.
    var pid: String?
    var ipc: String?
    /// The directory of the host that is its /dev/shm.
    var sharedMemory: String?
}

extension Tasks {
    /// Finds what the container joins, and makes what others may join.
    ///
    /// - Throws: `.failedPrecondition` when the container whose namespace it wants does not run.
    func join(_ request: TaskRequest, _ directory: TaskDirectory) throws(GantryError) -> JoinedNamespaces {
        let wanted = request.settings.namespaces
        var result = JoinedNamespaces()
        if let other = wanted.pid.container { result.pid = try place("pid", of: other, for: request.key) }
        switch wanted.ipc {
        case .own, .none: break
        case .host: result.sharedMemory = DefaultSpec.sharedMemoryPlace
        case .shareable:
            try makeSharedMemory(directory.sharedMemory, bytes: request.settings.limits.sharedMemory)
            result.sharedMemory = directory.sharedMemory
        case .container(let other):
            result.ipc = try place("ipc", of: other, for: request.key)
            let memory = self.directory(TaskKey(namespace: request.key.namespace, id: other)).sharedMemory
            guard Path.exists(memory) else {
                throw GantryError(
                    .failedPrecondition,
                    "create task '\(request.key)': the IPC namespace of container '\(other.prefix(12))' is not shareable"
                )
            }
            result.sharedMemory = memory
        }
        return result
    }

    private func place(_ type: String, of other: String, for key: TaskKey) throws(GantryError) -> String {
        let pid = entry(TaskKey(namespace: key.namespace, id: other))?.pid ?? 0
        guard pid != 0 else {
            throw GantryError(
                .failedPrecondition,
                "create task '\(key)': cannot join the \(type) namespace of container '\(other.prefix(12))': it is not running"
            )
        }
        return "/proc/\(pid)/ns/\(type)"
    }

    private func makeSharedMemory(_ path: String, bytes: Int64) throws(GantryError) {
        try describing("make shared memory '\(path)'") { () throws(Errno) in
            try Path.makeDirectory(path, mode: 0o711)
            let filesystem = try Mounts.openFilesystem("tmpfs")
            try Mounts.configure(filesystem.raw, "source", "shm")
            try Mounts.configure(filesystem.raw, "size", "\(bytes)")
            try Mounts.configure(filesystem.raw, "mode", "1777")
            try Mounts.create(filesystem.raw)
            let mount = try Mounts.mount(filesystem.raw, [.noSetuid, .noExecute, .noDevices])
            try Mounts.attach(mount.raw, at: path)
        }
    }
}
