import GantryCore
import GantryModel
import GantrySystem
package import GantryWire

/// The end of tasks, told by a shim or noticed by its absence.
extension Tasks {
    /// A shim says that its container has ended; saying it again is fine. Durable when this returns.
    package func exited(_ key: TaskKey, _ exit: ExitRecord) throws {
        guard let entry = entry(key) else {
            // A shim from before a restart that `adopt` has not met: its word counts all the same.
            try observer.taskExited(key, exit, startedAt: 0)
            return
        }
        if entry.exit != nil { return }
        try observer.taskExited(key, exit, startedAt: entry.startedAt)
        FailurePoint.exitCommitted.reach()
        entries.with { $0[key]?.state = .exited(exit) }
        entries.wakeAll()
    }

    /// A shim's process is gone.
    func shimEnded(_ key: TaskKey) {
        guard let entry = entry(key) else { return }
        switch entry.state {
        case .exited, .created, .creating:
            break
        case .failed:
            // A runtime that was cut short may have left a half-made container.
            configuration.cgroups.kill(place(key))
        case .starting, .running:
            // It may have written how the container ended before something took it.
            if let exit = directory(key).exitRecord {
                commit(key, exit)
            } else {
                kill(key, entry.runtime)
                commit(key, lost)
            }
        }
        dismantle(key, runtime: entry.runtime)
    }

    private var lost: ExitRecord {
        ExitRecord(
            exitCode: 137, signal: 9, finishedAt: Clock.realtime,
            error: "the container's shim ended without a word, so the container was killed")
    }

    /// Tries until it is in the database: an exit must not be forgotten because the disk was full for a moment.
    private func commit(_ key: TaskKey, _ exit: ExitRecord) {
        for attempt in 0..<100 {
            do {
                return try exited(key, exit)
            } catch {
                Clock.sleep(milliseconds: Int64(min(1000, 10 << attempt)))
            }
        }
    }

    /// Ends what a lost shim has left running.
    func kill(_ key: TaskKey, _ runtime: RuntimeChoice) {
        configuration.cgroups.kill(place(key))
        deleteFromRuntime(key, runtime)
    }

    private func deleteFromRuntime(_ key: TaskKey, _ runtime: RuntimeChoice) {
        var spawn = Spawn(runtime.path, [runtime.path] + runtimeOptions(runtime) + ["delete", "--force", key.id])
        spawn.environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        spawn.directory = "/"
        guard let child = try? spawn.start() else { return }
        // A runtime that hangs must not keep the mount, the files and the cgroup as well.
        var ended = PollSet()
        ended.add(child.descriptor.raw, .readable)
        _ = try? ended.wait(milliseconds: Self.deleteTime)
        if ended[0].isEmpty { try? Processes.signal(pidfd: child.descriptor.raw, Signals.kill) }
        _ = try? child.wait()
    }

    /// Milliseconds that a runtime gets to forget a container.
    private static let deleteTime: Int32 = 10_000

    /// Removes everything that was made for a task: the runtime's memory of it, the mount, files and cgroups.
    func dismantle(_ key: TaskKey, runtime: RuntimeChoice?) {
        if let runtime, Path.exists("\(configuration.state)/runtimes/\(runtime.name)/\(key.id)") {
            deleteFromRuntime(key, runtime)
        }
        FailurePoint.dismantleRuntime.reach()
        let directory = directory(key)
        // Several when a root was mounted twice over; the last answer is always EINVAL.
        while (try? Mounts.unmount(directory.root)) != nil {}
        try? Mounts.unmount(directory.root, detach: true)
        FailurePoint.dismantleUnmounted.reach()
        directory.unmountSources()
        // Whoever shares it still has it.
        if Path.exists(directory.sharedMemory) { try? Mounts.unmount(directory.sharedMemory, detach: true) }
        if let socket = entry(key)?.socket, !socket.isEmpty {
            try? Path.unlink(socket)
            try? Path.unlink(Self.trapSocket(beside: socket))
        }
        configuration.cgroups.remove(place(key))
        FailurePoint.dismantleCgroup.reach()
        directory.remove()
        FailurePoint.dismantleFiles.reach()
        let exit = entries.with { $0.removeValue(forKey: key)?.exit }
        entries.wakeAll()
        _ = exit
        observer.taskGone(key)
    }
}
