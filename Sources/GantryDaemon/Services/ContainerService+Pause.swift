import GantryCore
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySystem
import GantryWire

/// `containers.pause`, `containers.unpause` and `containers.rename`.
extension ContainerService {
    var pauseMethod: Method {
        Method(
            "containers.pause", "Stops the clock of a container's processes.", params: [CommonField.container],
            result: "{}: all of them stand still.", errors: [.notFound, .failedPrecondition, .deadlineExceeded]
        ) { [self] call in
            let record = try find(call)
            switch record.status.state {
            case .running: break
            case .paused:
                throw GantryError(.failedPrecondition, "pause container '\(record.name)': it is paused already")
            case .created, .exited:
                throw GantryError(.failedPrecondition, "pause container '\(record.name)': it is not running")
            }
            try cgroups.freeze(tasks.get.place(record.key), true)
            do {
                try setPaused(record, true, "container.pause", ["sender": call.sender])
            } catch {
                // What is not recorded did not happen.
                try? cgroups.freeze(tasks.get.place(record.key), false)
                throw error
            }
            return [:]
        }
    }

    var unpauseMethod: Method {
        Method(
            "containers.unpause", "Lets the processes of a paused container go on.", params: [CommonField.container],
            result: "{}", errors: [.notFound, .failedPrecondition]
        ) { [self] call in
            let record = try find(call)
            guard record.status.state == .paused else {
                throw GantryError(.failedPrecondition, "unpause container '\(record.name)': it is not paused")
            }
            try unpause(record)
            return [:]
        }
    }

    /// Lets a container that is to end go on, since what is frozen takes no signal. Nothing happens to one that is not paused.
    func unpauseToEnd(_ record: ContainerRecord) throws {
        guard let now = try? containers.container(namespace: record.namespace, id: record.id),
            now.status.state == .paused
        else { return }
        try unpause(now)
    }

    private func unpause(_ record: ContainerRecord) throws {
        try cgroups.freeze(tasks.get.place(record.key), false)
        try setPaused(record, false, "container.unpause")
    }

    /// Records it, unless the container has ended meanwhile.
    private func setPaused(_ record: ContainerRecord, _ paused: Bool, _ topic: String, _ facts: JSONObject = [:]) throws
    {
        try changes.with { (_: inout Departed) throws in
            guard var status = try? containers.container(namespace: record.namespace, id: record.id).status,
                status.state == .running || status.state == .paused
            else { return }
            status.state = paused ? .paused : .running
            try containers.setStatus(record.id, status, events: [record.event(topic, facts)])
        }
        changes.wakeAll()
    }

    /// Makes the row say what the kernel does: the daemon may have died between the two.
    func reconcilePause(_ record: ContainerRecord) {
        guard let frozen = cgroups.isFrozen(tasks.get.place(record.key)), frozen != (record.status.state == .paused)
        else { return }
        try? setPaused(record, frozen, frozen ? "container.pause" : "container.unpause")
    }

    var renameMethod: Method {
        Method(
            "containers.rename", "Gives a container another name.",
            params: [
                CommonField.container,
                Field("name", .string, required: true, "[a-zA-Z0-9][a-zA-Z0-9_.-]+, unique in the namespace."),
            ],
            result: "{}", errors: [.notFound, .alreadyExists, .invalidArgument]
        ) { [self] call in
            let record = try find(call)
            var name = try call.string("name")
            // As Docker shows names in its documents.
            if name.hasPrefix("/") { name.removeFirst() }
            guard name != record.name else {
                throw GantryError(.invalidArgument, "rename container '\(record.name)': it has this name already")
            }
            var event = record.event("container.rename")
            event.payload = [
                "id": .string(record.id.text), "name": .string(name), "oldName": .string(record.name),
                "image": .string(record.image),
            ]
            try containers.renameContainer(record.id, to: name, events: [event])
            changes.wakeAll()
            return [:]
        }
    }
}

extension ContainerRecord {
    /// That something happened to this container: `{id, name, image}`, and `more`.
    func event(_ topic: String, _ more: JSONObject = [:]) -> EventDraft {
        var payload: JSONObject = ["id": .string(id.text), "name": .string(name), "image": .string(image)]
        for (key, value) in more.members { payload[key] = value }
        return EventDraft(topic, .object(payload))
    }
}
