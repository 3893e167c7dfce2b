import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// Finding the shims of an earlier daemon again.
extension Tasks {
    /// Reads every task's directory: living shims are watched from now on, exits that happened meanwhile are reported,
    /// and what has no shim any more is killed, reported with the reason and cleaned up.
    ///
    /// Called once, before the socket answers. Cost: a few file reads and one call to each shim; many are asked before the
    /// first is listened to, so that their answers cost one wait and not one each.
    package func adopt() {
        let base = configuration.state + "/tasks"
        let boot = Processes.bootID()
        var keys: [TaskKey] = []
        for namespace in (try? Directory.list(base)) ?? [] where namespace.kind == .directory {
            for task in (try? Directory.list(base + "/" + namespace.name)) ?? [] where task.kind == .directory {
                keys.append(TaskKey(namespace: namespace.name, id: task.name))
            }
        }
        for start in stride(from: 0, to: keys.count, by: Self.mostAsked) {
            let part = keys[start..<min(start + Self.mostAsked, keys.count)].map { find($0, boot: boot) }
            for found in part { adopt(found) }
        }
        sweepSockets()
    }

    /// How many shims are asked at once: each holds two descriptors.
    private static let mostAsked = 128

    /// A task's directory that an earlier daemon left.
    private final class Found {
        let key: TaskKey
        let directory: TaskDirectory
        var entry: TaskEntry
        /// Open when its shim lives and has been asked how it is.
        private var question: ShimConnection?

        init(_ key: TaskKey, _ directory: TaskDirectory, _ entry: TaskEntry) {
            (self.key, self.directory, self.entry) = (key, directory, entry)
            if entry.shim != nil {
                question = try? ShimConnection(asking: entry.socket, "task.state", milliseconds: 2000)
            }
        }

        /// What the shim says; nil when it says nothing.
        func answer() -> JSON? {
            defer { question = nil }
            return try? question?.answer()
        }
    }

    private func find(_ key: TaskKey, boot: String) -> Found {
        let directory = directory(key)
        let file = directory.read("task.json").flatMap { TaskFile($0) }
        let path = file?.runtime ?? ""
        let runtime = RuntimeChoice(name: Path.name(of: path), path: path, reason: "as it was started")
        let socket =
            (try? File.contents(directory.socketFile, limit: 4096)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        var entry = TaskEntry(
            state: .created, socket: socket, runtime: runtime,
            cgroupParent: file?.cgroupParent ?? "", isChild: false)
        entry.shim = livingShim(directory, boot: boot, socket: socket)
        return Found(key, directory, entry)
    }

    private func adopt(_ found: Found) {
        let (key, directory, socket) = (found.key, found.directory, found.entry.socket)
        var entry = found.entry
        if let shim = entry.shim {
            entry.state = taskState(found.answer(), directory)
            entries.with { $0[key] = entry }
            let exit = entry.exit
            // Reported before it is watched: the shim leaves when the daemon knows, which is now.
            entries.with { if exit != nil { $0[key]?.state = .starting } }
            if let exit, (try? exited(key, exit)) != nil {
                // It would find us by itself within a second; nobody has to wait for that.
                _ = try? ShimConnection.call(socket, "task.acknowledge", milliseconds: 2000)
            }
            // Never started, and nobody is left who could: the client's call died with the old daemon. Who asks for a
            // new task waits until this one is gone.
            if entry.state == .created {
                entries.with { $0[key]?.state = .failed }
                background { [self] in dismiss(key) }
            }
            if entry.state == .starting, exit == nil { background { [self] in follow(key, socket) } }
            if (try? watch(key, shim, isChild: false)) != nil { return }
        }
        entry.state = wasStarted(key, directory, entry.runtime) ? .running(pid: 0) : .failed
        entries.with { $0[key] = entry }
        background { [self] in shimEnded(key) }
    }

    /// Whether the runtime was called for a task that has no shim any more. When it was not, nothing has ended: the daemon
    /// died on the way to a start, and the container is as it was before.
    private func wasStarted(_ key: TaskKey, _ directory: TaskDirectory, _ runtime: RuntimeChoice) -> Bool {
        Path.exists(directory.exitFile) || Path.exists(directory.path + "/pid")
            || (!runtime.name.isEmpty && Path.exists("\(configuration.state)/runtimes/\(runtime.name)/\(key.id)"))
    }

    /// The old daemon died while the runtime was starting the container: its shim knows how that ends.
    private func follow(_ key: TaskKey, _ socket: String) {
        for attempt in 0..<600 {
            Clock.sleep(milliseconds: attempt < 20 ? 10 : 100)
            guard let answer = try? ShimConnection.call(socket, "task.state", milliseconds: 2000) else { return }
            switch answer["state"]?.string {
            case "starting": continue
            case "running":
                let pid = Int32(truncatingIfNeeded: answer["pid"]?.int ?? 0)
                entries.with { if $0[key]?.state == .starting { $0[key]?.state = .running(pid: pid) } }
                observer.taskStarted(key, pid: pid, startedAt: Clock.realtime)
            case "created":
                // The runtime refused, and nobody waits for the reason any more.
                entries.with { if $0[key]?.state == .starting { $0[key]?.state = .created } }
                discard(key)
            default: break
            }
            return
        }
    }

    private func taskState(_ answer: JSON?, _ directory: TaskDirectory) -> TaskEntry.State {
        if let exit = directory.exitRecord { return .exited(exit) }
        switch answer?["state"]?.string {
        case "created"?: return .created
        case "starting"?: return .starting
        default:
            // A shim that does not answer now is still one that can be asked to kill; without a pid it would be none.
            let pid = answer?["pid"]?.int ?? directory.pid
            return .running(pid: Int32(truncatingIfNeeded: pid ?? 0))
        }
    }

    /// The shim's process if it is the very one that wrote `shim.json`: a pidfd first, then the comparison, so that the
    /// pid cannot come to mean another process in between.
    private func livingShim(_ directory: TaskDirectory, boot: String, socket: String) -> SharedDescriptor? {
        var card = directory.read("shim.json")
        // A shim that was being born when the daemon died has its socket already and its card in a moment.
        for _ in 0..<50 where card == nil && (try? UnixSocket.connect(socket)) != nil {
            Clock.sleep(milliseconds: 10)
            card = directory.read("shim.json")
        }
        guard let card, card["bootId"]?.string == boot, let number = card["pid"]?.int,
            let start = card["startTime"]?.uint, let shim = try? Processes.open(Int32(truncatingIfNeeded: number))
        else { return nil }
        guard (try? Processes.startTime(Int32(truncatingIfNeeded: number))) == start else { return nil }
        return SharedDescriptor(shim)
    }

    /// Sockets that belong to no task are an earlier daemon's unfinished work.
    private func sweepSockets() {
        let known = Set(entries.with { $0.values.flatMap { [$0.socket, Self.trapSocket(beside: $0.socket)] } })
        let base = configuration.state + "/s"
        for entry in (try? Directory.list(base)) ?? [] where !known.contains(base + "/" + entry.name) {
            try? Path.unlink(base + "/" + entry.name)
        }
    }
}
