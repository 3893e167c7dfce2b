import GantryCore
package import GantryModel
import GantrySystem
import GantryWire

/// Starting a created task.
extension Tasks {
    /// Has the shim call the runtime and waits until the container's process runs.
    ///
    /// - Parameter checkpoint: the directory that `checkpoint` has filled, to go on from there.
    /// - Returns: its pid and when it was started, in nanoseconds since 1970.
    /// - Throws: `.failedPrecondition` when there is nothing to start; what the runtime said when it failed, with
    ///   `details.exitCode` 127 (no such program), 126 (not executable) or 125. The task is gone then.
    package func start(
        _ request: TaskRequest, checkpoint: String? = nil
    ) throws(GantryError) -> (pid: Int32, startedAt: Int64) {
        let key = request.key
        let now = Clock.realtime
        let socket = entries.with { entries -> String? in
            guard entries[key]?.state == .created else { return nil }
            entries[key]?.state = .starting
            entries[key]?.startedAt = now
            return entries[key]?.socket
        }
        guard let socket else {
            throw GantryError(.failedPrecondition, "start container '\(key)': it has no task that waits for its start")
        }
        FailurePoint.startAsked.reach()
        do throws(GantryError) {
            // A runtime may have to wait for a busy machine; a minute without an answer means that it hangs.
            var params = JSONObject()
            params.put("checkpoint", checkpoint)
            let answer = try ShimConnection.call(
                socket, "task.start", params, milliseconds: checkpoint == nil ? 60_000 : 600_000)
            FailurePoint.startAnswered.reach()
            let pid = Int32(truncatingIfNeeded: answer["pid"]?.int ?? 0)
            entries.with { entries in
                // The exit may have overtaken the answer.
                if entries[key]?.state == .starting { entries[key]?.state = .running(pid: pid) }
            }
            entries.wakeAll()
            return (pid, now)
        } catch {
            throw abandon(request, socket, error)
        }
    }

    /// Gives a created task up: nothing was started.
    package func discard(_ key: TaskKey) {
        let claimed = entries.with { entries -> Bool in
            guard entries[key]?.state == .created else { return false }
            entries[key]?.state = .failed
            return true
        }
        if claimed { dismiss(key) }
    }

    /// Sends a shim away that has started nothing; waits until all of its task is gone.
    func dismiss(_ key: TaskKey) {
        guard let entry = entry(key) else { return }
        let said = try? ShimConnection.call(entry.socket, "task.shutdown", ["exitCode": 137])
        if said == nil, let shim = entry.shim { try? Processes.signal(pidfd: shim.raw, Signals.kill) }
        _ = waitGone(key, milliseconds: 10_000)
    }

    /// Ends a start that is under way, the runtime and whatever it has made included.
    package func abort(_ key: TaskKey) {
        guard let entry = entry(key), entry.state == .starting, let shim = entry.shim else { return }
        // The runtime dies with its shim; the rest is cleaned up as behind any shim that is lost.
        try? Processes.signal(pidfd: shim.raw, Signals.kill)
        _ = waitGone(key, milliseconds: 10_000)
    }

    private func abandon(_ request: TaskRequest, _ socket: String, _ error: GantryError) -> GantryError {
        let key = request.key
        var status: Int64 = 125
        if let root = try? File.open(directory(key).root, [.directory, .path]) {
            switch RootSearch(root: root.raw, settings: request.settings).entrypoint() {
            case .missing: status = 127
            case .notExecutable: status = 126
            case .found: break
            }
        }
        var failure = error
        failure.message =
            "start container '\(key)': "
            + (error.message.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? error.message)
        let work = Self.checkpointWork(directory(key))
        if let reason = CriuLog.reason(work + "/restore.log") {
            failure.message = "start container '\(key)' from its checkpoint: \(reason)"
        }
        failure.details = ["exitCode": .int(status)]
        let overtaken = entries.with { entries -> Bool in
            if case .exited = entries[key]?.state { return true }
            entries[key]?.state = .failed
            return false
        }
        if !overtaken {
            let said = try? ShimConnection.call(
                socket, "task.shutdown", ["exitCode": .int(status), "error": .string(failure.message)])
            if said == nil, let shim = entry(key)?.shim { try? Processes.signal(pidfd: shim.raw, Signals.kill) }
        }
        _ = waitGone(key, milliseconds: 10_000)
        return failure
    }
}
