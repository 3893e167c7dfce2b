import GantryCore
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySystem
import GantryWire

/// `containers.stop` and `containers.remove`.
extension ContainerService {
    var stopMethod: Method {
        Method(
            "containers.stop", "Asks a container to end, and kills it when it does not.",
            params: [
                CommonField.container,
                CommonField.stopTimeout, CommonField.stopSignal,
            ],
            result: "{}: the container does not run.", errors: [.notFound, .invalidArgument], mode: .wait
        ) { [self] call in
            try stop(try find(call), as: call)
            return [:]
        }
    }

    /// Ends a container as a call's `timeout` and `signal` ask, or else as its own settings do.
    func stop(_ record: ContainerRecord, as call: Call) throws {
        let settings = try settings(record)
        let signal = try SignalName.number(call.text("signal") ?? settings.stopSignal ?? "SIGTERM")
        let seconds = call["timeout"]?.int ?? settings.stopTimeout ?? live.current.stopTimeout
        try stop(record, signal: signal, seconds: seconds, sender: call.sender)
    }

    private func stop(_ record: ContainerRecord, signal: Int32, seconds: Int64, sender: JSON) throws {
        guard tasks.get.entry(record.key)?.pid ?? 0 != 0 else { return }
        func tell(_ signal: Int32) {
            let facts: JSONObject = ["signal": .int(Int64(signal)), "sender": sender, "reason": "stop"]
            try? events.append(namespace: record.namespace, [record.event("container.kill", facts)])
        }
        do throws(GantryError) {
            tell(signal)
            try tasks.get.kill(record.key, signal: signal)
            FailurePoint.stopSignalled.reach()
            try? unpauseToEnd(record)
            if waitExited(record, milliseconds: seconds < 0 ? nil : min(seconds, 86_400 * 365) * 1000) { return }
            tell(Signals.kill)
            try tasks.get.kill(record.key, signal: Signals.kill)
            try? unpauseToEnd(record)
        } catch {
            // It ended by itself in between; anything else is an error.
            if waitExited(record, milliseconds: 0) { return }
            if error.code != .failedPrecondition && error.code != .unavailable { throw error }
        }
        guard waitExited(record, milliseconds: 30_000) else {
            throw GantryError(
                .deadlineExceeded, "stop container '\(record.name)': it is killed, but has not ended in 30 s")
        }
    }

    var removeMethod: Method {
        Method(
            "containers.remove", "Removes a container; its name is free at once, its files go later.",
            params: [
                CommonField.container, Field("force", .boolean, "Kill it first when it runs; false when absent."),
                Field("volumes", .boolean, "Also its anonymous volumes; false when absent."),
            ],
            result: "{}", errors: [.notFound, .failedPrecondition]
        ) { [self] call in
            let record = try find(call)
            try remove(record, force: call.flag("force"), volumes: call.flag("volumes"), sender: call.sender)
            return [:]
        }
    }

    func remove(_ record: ContainerRecord, force: Bool, volumes: Bool, sender: JSON = "gantryd") throws {
        let entry = tasks.get.entry(record.key)
        if let entry, entry.pid != 0 || entry.state == .starting {
            guard force else {
                throw GantryError(
                    .failedPrecondition,
                    "remove container '\(record.name)': it is \(record.status.state == .paused ? "paused" : "running"): stop it first, or remove it by force"
                )
            }
            // A start that succeeds in this moment is no start to end any more, but a container to kill.
            if entry.state == .starting { tasks.get.abort(record.key) }
            try stop(record, signal: Signals.kill, seconds: 30, sender: sender)
        } else if entry?.state == .created {
            tasks.get.discard(record.key)
        }
        try changes.with { (departed: inout Departed) throws in
            // An automatic removal may have been quicker.
            guard (try? containers.container(namespace: record.namespace, id: record.id)) != nil else { return }
            if volumes { removeAnonymousVolumes(record) }
            FailurePoint.removeVolumes.reach()
            departed.add(record.id, code: record.status.exitCode ?? 0, error: record.status.error)
            try containers.deleteContainer(
                record.id,
                events: [
                    record.event("container.destroy")
                ])
        }
        FailurePoint.removeRecorded.reach()
        changes.wakeAll()
        collect()
    }

    func removeAnonymousVolumes(_ record: ContainerRecord) {
        guard let settings = try? settings(record) else { return }
        for mount in settings.mounts where mount.volume == "" {
            volumes.remove(namespace: record.namespace, Path.name(of: Path.parent(of: mount.source)))
        }
    }
}
