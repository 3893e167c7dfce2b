import GantryCore
import GantryHost
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySystem
import GantryWire

/// What becomes of a container's status: told by tasks, waited for by callers.
extension ContainerService: TaskObserver {
    /// Commits an exit, and with it the removal of a container that was to be removed. One transaction.
    func taskExited(_ key: TaskKey, _ exit: ExitRecord, startedAt: Int64) throws {
        let id = try ContainerID(key.id)
        let killed = killedCalls(exit)
        try changes.with { (departed: inout Departed) throws in
            // Removed by force meanwhile, or told before: nothing is left to say.
            guard let record = try? containers.container(namespace: key.namespace, id: id),
                record.status.state != .exited || record.status.finishedAt?.nanoseconds != exit.finishedAt
            else { return }
            var status = record.status
            status.state = .exited
            status.pid = nil
            status.exitCode = exit.exitCode
            status.finishedAt = Timestamp(nanoseconds: exit.finishedAt)
            status.oomKilled = exit.oomKilled
            status.error = exit.error
            status.signal = exit.signal == 0 ? nil : exit.signal
            status.memoryPeak = exit.memoryPeak == 0 ? nil : exit.memoryPeak
            status.refused = exit.refused + killed
            status.logDropped = exit.logDropped == 0 ? nil : exit.logDropped
            if startedAt != 0, status.startedAt == nil || startedAt > status.startedAt!.nanoseconds {
                status.startedAt = Timestamp(nanoseconds: startedAt)
            }
            var events = [
                record.event("container.die", ["exitCode": .int(Int64(exit.exitCode))])
            ]
            // Those that were told of while it ran are in the log already.
            if exit.oomKilled, !record.status.oomKilled {
                events.insert(
                    record.event("container.oom"), at: 0)
            }
            if record.details["autoRemove"]?.bool == true, !departed.restarting.contains(id) {
                events.append(record.event("container.destroy"))
                departed.add(id, code: exit.exitCode, error: exit.error)
                removeAnonymousVolumes(record)
                keptLogs.keep(key, logPath(record))
                try containers.deleteContainer(id, events: events)
            } else {
                try containers.setStatus(id, status, events: events)
            }
        }
        changes.wakeAll()
    }

    /// The call for which a system call filter has killed a process of it, when the kernel's log tells.
    private func killedCalls(_ exit: ExitRecord) -> [RefusedCall] {
        let isFirst = exit.signal == Signals.badSystemCall
        guard isFirst || exit.exitCode == 128 + Signals.badSystemCall else { return [] }
        // The kernel's own thread writes the line, a moment after the kill.
        for attempt in 0..<10 {
            if attempt > 0 { Clock.sleep(milliseconds: 10) }
            let found = KernelLog.filterKills().last { kill in
                // Numbers of processes come again; the kernel's time is a coarse one.
                abs(kill.time - exit.finishedAt) < 1_000_000_000 && (!isFirst || kill.pid == exit.pid)
            }
            guard let found else { continue }
            return [
                RefusedCall(
                    number: found.number, architecture: found.architecture, errno: 0, command: found.command,
                    isCertain: isFirst)
            ]
        }
        return []
    }

    /// The kernel killed a process of a container that goes on.
    func outOfMemory(_ key: TaskKey) throws {
        let id = try ContainerID(key.id)
        try changes.with { (_: inout Departed) throws in
            guard let record = try? containers.container(namespace: key.namespace, id: id), record.status.pid != nil,
                !record.status.oomKilled
            else { return }
            var status = record.status
            status.oomKilled = true
            try containers.setStatus(id, status, events: [record.event("container.oom")])
        }
    }

    func taskStarted(_ key: TaskKey, pid: Int32, startedAt: Int64) {
        guard let id = try? ContainerID(key.id),
            let record = try? containers.container(namespace: key.namespace, id: id)
        else { return }
        try? started(record, pid: pid, at: startedAt)
    }

    func taskGone(_ key: TaskKey) {
        changes.wakeAll()
        collect()
    }

    /// The container runs, unless its exit was quicker.
    func started(_ record: ContainerRecord, pid: Int32, at startedAt: Int64) throws {
        try changes.with { (departed: inout Departed) throws in
            guard let now = try? containers.container(namespace: record.namespace, id: record.id),
                tasks.get.entry(record.key)?.exit == nil
            else { return }
            if now.status.state == .exited, let finished = now.status.finishedAt, finished.nanoseconds >= startedAt {
                return
            }
            let status = ContainerStatus(
                state: .running, pid: pid, startedAt: Timestamp(nanoseconds: startedAt),
                finishedAt: now.status.finishedAt)
            try containers.setStatus(
                record.id, status,
                events: [record.event("container.start")])
        }
        changes.wakeAll()
    }

    /// A container that could not be started stays as it was, with the reason; one that was to be removed after its run
    /// is removed, as Docker does.
    func startFailed(_ record: ContainerRecord, _ error: any Error) {
        guard let failure = error as? GantryError, tasks.get.entry(record.key) == nil else { return }
        changes.with { departed in
            guard let now = try? containers.container(namespace: record.namespace, id: record.id),
                now.status.state == .created || now.status.state == .exited
            else { return }
            let code = Int32(truncatingIfNeeded: failure.details?["exitCode"]?.int ?? 125)
            if record.details["autoRemove"]?.bool == true {
                departed.add(record.id, code: code, error: failure.message)
                removeAnonymousVolumes(record)
                _ = try? containers.deleteContainer(
                    record.id,
                    events: [
                        record.event("container.destroy")
                    ])
            } else {
                var status = now.status
                status.exitCode = code
                status.error = failure.message
                _ = try? containers.setStatus(record.id, status, events: [])
            }
        }
        changes.wakeAll()
        collect()
    }

    var waitMethod: Method {
        Method(
            "containers.wait", "Waits until a container has ended.",
            params: [
                CommonField.container,
                Field(
                    "condition", .oneOf(["exited", "removed"]), "exited (when absent), or removed: its name is free."),
                Field(
                    "since", .integer,
                    "When the caller began to ask, in nanoseconds since 1970: a container of that name which was removed since then is told of too."
                ),
            ],
            result: "{exitCode, error?}", errors: [.notFound], access: .read, mode: .wait
        ) { [self] call in
            let record: ContainerRecord
            do {
                record = try find(call)
            } catch {
                // Removed by itself a moment ago: who knows its id still learns how it ended.
                let name = try call.string("container")
                let removed = try call["since"]?.int.flatMap {
                    try removedContainer(name, namespace: call.namespace, since: $0)
                }
                guard let id = (try? ContainerID(name)) ?? removed else { throw error }
                if let end = changes.with({ $0[id] }) { return Self.answer(end.code, end.error) }
                guard let code = try recordedExit(id, namespace: call.namespace) else { throw error }
                return Self.answer(code, nil)
            }
            let removed = call.text("condition") == "removed"
            let handle = call.onCancel { [changes] in changes.wakeAll() }
            defer { handle.remove() }
            let outcome = changes.wait { departed -> Swift.Result<JSON, GantryError>? in
                if call.isCancelled { return .failure(GantryError(.cancelled, "containers.wait: cancelled")) }
                guard let now = try? self.containers.container(namespace: record.namespace, id: record.id) else {
                    return departed[record.id].map { .success(Self.answer($0.code, $0.error)) }
                        ?? .failure(GantryError(.notFound, "wait for container '\(record.name)': it was removed"))
                }
                if !removed, now.status.state == .exited {
                    return .success(Self.answer(now.status.exitCode ?? 0, now.status.error))
                }
                return nil
            }
            try call.checkCancelled()
            return try outcome!.get()
        }
    }

    /// The container that had this name and was removed at `since`, in nanoseconds since 1970, or later.
    private func removedContainer(_ name: String, namespace: String, since: Int64) throws -> ContainerID? {
        var found: ContainerID?
        try events.each(namespace: namespace) { event in
            guard event.topic == "container.destroy", event.time.nanoseconds >= since,
                event.payload["name"]?.string == name, let id = event.payload["id"]?.string
            else { return }
            found = try? ContainerID(id)
        }
        return found
    }

    /// How a container ended that is not there any more, by the log of events: an earlier daemon may have removed it and
    /// died before it could tell. The newest end counts. Cost: a walk over the log, for those only who ask for an id
    /// that is unknown.
    private func recordedExit(_ id: ContainerID, namespace: String) throws -> Int32? {
        var code: Int32?
        try events.each(namespace: namespace) { event in
            guard event.topic == "container.die", event.payload["id"]?.string == id.text else { return }
            code = event.payload["exitCode"]?.int.map { Int32(truncatingIfNeeded: $0) }
        }
        return code
    }

    private static func answer(_ code: Int32, _ error: String?) -> JSON {
        var object: JSONObject = ["exitCode": .int(Int64(code))]
        object.put("error", error)
        return .object(object)
    }

    /// Waits until the container does not run any more.
    func waitExited(_ record: ContainerRecord, milliseconds: Int64?) -> Bool {
        changes.wait(milliseconds: milliseconds) { _ -> Bool? in
            guard let now = try? self.containers.container(namespace: record.namespace, id: record.id) else {
                return true
            }
            return now.status.state == .running || now.status.state == .paused ? nil : true
        } ?? false
    }
}
