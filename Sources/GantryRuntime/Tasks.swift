import GantryCore
import GantryHost
package import GantryModel
import GantrySystem
package import GantryWire

/// The daemon's side of tasks: makes them, starts them, hears of their end, cleans up behind them, finds them again.
///
/// A container that runs has a shim; the shim is the truth about it. This object holds what the daemon knows of each
/// shim in memory, and nothing else: after a restart `adopt` reads it back from the tasks' directories.
package final class Tasks: Sendable {
    package struct Configuration: Sendable {
        /// The state directory.
        package var state: String
        package var daemonSocket: String
        package var shimProgram: String
        package var cgroups: Cgroups
        /// The group that may talk to shims; nil leaves root's.
        package var group: UInt32?

        package init(state: String, daemonSocket: String, shimProgram: String, cgroups: Cgroups, group: UInt32?) {
            self.state = state
            self.daemonSocket = daemonSocket
            self.shimProgram = shimProgram
            self.cgroups = cgroups
            self.group = group
        }
    }

    let configuration: Configuration
    let entries = Monitor<[TaskKey: TaskEntry]>([:])
    let observer: any TaskObserver
    /// Runs clean-up off the thread that noticed the need.
    let background: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let watcher: WatcherBox
    private let headStart: CgroupHeadStart
    /// Runtimes as copies in memory, by path: what shims execute.
    private let programs = Monitor<[String: SealedProgram]>([:])

    package init(
        _ configuration: Configuration, observer: any TaskObserver,
        background: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
    ) throws(GantryError) {
        self.configuration = configuration
        self.observer = observer
        self.background = background
        headStart = CgroupHeadStart(configuration.cgroups)
        watcher = WatcherBox()
        // The first container does not wait for what all of them need.
        background { _ = StandardFilter.of(Capabilities.standard) }
        try describing("prepare tasks in '\(configuration.state)'") { () throws(Errno) in
            try Path.makeDirectories(configuration.state + "/tasks", mode: 0o711)
            try Path.makeDirectories(configuration.state + "/s", mode: 0o711)
            watcher.start(
                try ShimWatcher { [weak self] key in
                    guard let self else { return }
                    self.background { self.shimEnded(key) }
                })
        }
    }

    /// Says that a process will be started in a container soon: what the kernel takes time for begins now. Returns at
    /// once; nothing is lost when no start follows.
    package func expectStart() { headStart.begin(background) }

    func watch(_ key: TaskKey, _ shim: SharedDescriptor, isChild: Bool) throws(Errno) {
        try watcher.watch(key, shim, isChild: isChild)
    }

    func directory(_ key: TaskKey) -> TaskDirectory {
        TaskDirectory(state: configuration.state, namespace: key.namespace, id: key.id)
    }

    /// The runtime's program for a shim to execute; nil where it cannot be had so, and is executed by its path.
    func sealedProgram(_ runtime: RuntimeChoice) -> SealedProgram? {
        programs.with { programs in
            if let made = programs[runtime.path], made.isCurrent(runtime.path) { return made }
            programs[runtime.path] = try? SealedProgram(runtime.path)
            return programs[runtime.path]
        }
    }

    /// The runtime's own state, a directory a runtime: two of them never see each other's containers.
    func runtimeOptions(_ runtime: RuntimeChoice) -> [String] {
        var options = ["--root", "\(configuration.state)/runtimes/\(runtime.name)"]
        if configuration.cgroups.driver == .systemd { options.append("--systemd-cgroup") }
        return options
    }

    /// The container's cgroup.
    package func place(_ key: TaskKey) -> CgroupPlace {
        CgroupPlace(namespace: key.namespace, id: key.id, parent: entry(key)?.cgroupParent ?? "")
    }

    /// The state directory, below which every task has its own.
    package var configurationState: String { configuration.state }

    /// What is known of a task; nil when the container has none.
    package func entry(_ key: TaskKey) -> TaskEntry? { entries.with { $0[key] } }

    /// Where the container's root is mounted; nil when it is not.
    package func mountedRoot(_ key: TaskKey) -> String? {
        switch entry(key)?.state {
        case .created?, .starting?, .running?: directory(key).root
        default: nil
        }
    }

    /// Whether a container of this id, in whatever namespace, has a task and so a mounted root.
    package func holds(id: String) -> Bool { entries.with { $0.keys.contains { $0.id == id } } }

    /// Containers that run in this moment.
    package var runningCount: Int { entries.with { $0.values.count { $0.pid != 0 } } }

    /// Waits until the container has no task any more; false when it still has one after so long.
    package func waitGone(_ key: TaskKey, milliseconds: Int64) -> Bool {
        entries.wait(milliseconds: milliseconds) { $0[key] == nil ? true : nil } ?? false
    }

    /// Waits until the clean-up behind every ended container is done; false when it is not after so long.
    package func waitSettled(milliseconds: Int64) -> Bool {
        entries.wait(milliseconds: milliseconds) { entries -> Bool? in
            entries.values.contains { $0.exit != nil || $0.state == .failed } ? nil : true
        } ?? false
    }

    /// Entries of a running container's log that were lost until now; its shim is asked.
    package func logDropped(_ key: TaskKey) -> Int64 {
        guard let entry = entry(key), case .running = entry.state else { return 0 }
        return (try? ShimConnection.call(entry.socket, "task.state", milliseconds: 1000))?["logDropped"]?.int ?? 0
    }

    /// System calls that a running container's filter has refused until now, when it is traced; its shim is asked.
    package func refusedCalls(_ key: TaskKey) -> [RefusedCall] {
        guard let entry = entry(key), case .running = entry.state else { return [] }
        return RefusedCall.list((try? ShimConnection.call(entry.socket, "task.state", milliseconds: 1000))?["refused"])
    }

    /// Sends a signal to the container's first process.
    /// - Throws: `.failedPrecondition` when it is not running.
    package func kill(_ key: TaskKey, signal: Int32) throws(GantryError) {
        guard let entry = entry(key), case .running = entry.state else {
            throw GantryError(.failedPrecondition, "kill container '\(key)': it is not running")
        }
        _ = try ShimConnection.call(entry.socket, "task.kill", ["signal": .int(Int64(signal))])
    }
}

/// Lets the watcher call back into the object that owns it without either being half made.
private final class WatcherBox: Sendable {
    private let watcher = Monitor<ShimWatcher?>(nil)

    func start(_ watcher: ShimWatcher) { self.watcher.with { $0 = watcher } }

    func watch(_ key: TaskKey, _ shim: SharedDescriptor, isChild: Bool) throws(Errno) {
        guard let watcher = watcher.with({ $0 }) else { throw .badDescriptor }
        try watcher.watch(key, shim, isChild: isChild)
    }
}
