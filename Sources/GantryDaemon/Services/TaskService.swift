import GantryCore
import GantryImages
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySystem
import GantryWire

/// `tasks.*`: what runs of containers.
struct TaskService: Sendable {
    let containers: ContainerService
    var tasks: Tasks { containers.tasks.get }

    init(containers: ContainerService) { self.containers = containers }

    var methods: [Method] { [create, start, expect, kill, get, list, exited, outOfMemory, restart] + execMethods }

    private var create: Method {
        Method(
            "tasks.create",
            "Mounts a container's root and starts its shim, to which clients may attach; nothing runs yet.",
            params: [CommonField.container], result: "{socket}: the path of the shim's socket.",
            errors: [.notFound, .failedPrecondition, .invalidArgument]
        ) { call in
            try containers.usingSnapshot(of: try containers.find(call)) { record in
                ["socket": .string(try tasks.create(try request(record)))]
            }
        }
    }

    private var expect: Method {
        Method(
            "tasks.expect",
            "Says that a container or a process is about to be started: what the kernel takes time for begins now. Nothing else changes, and nothing is lost when no start follows.",
            result: "{}", mode: .inline
        ) { call in
            tasks.expectStart()
            return [:]
        }
    }

    private var start: Method {
        Method(
            "tasks.start", "Starts the container's process; makes its task first when there is none.",
            params: [
                CommonField.container,
                Field("checkpoint", .string, "The name of a checkpoint to go on from, instead of the beginning."),
            ],
            result: "{pid}", errors: [.notFound, .failedPrecondition, .invalidArgument]
        ) { call in
            let record = try containers.find(call)
            guard let name = call.text("checkpoint") else { return ["pid": .int(Int64(try begin(record)))] }
            return try containers.withCheckpoints(of: record) { checkpoints in
                ["pid": .int(Int64(try begin(record, from: checkpoints.directory(name))))]
            }
        }
    }

    /// Starts a container; the pid of its process.
    /// - Parameter checkpoint: the directory of the checkpoint to go on from.
    func begin(_ record: ContainerRecord, from checkpoint: String? = nil) throws -> Int32 {
        if record.status.state == .paused {
            throw GantryError(
                .failedPrecondition, "start container '\(record.name)': it is paused; unpause lets it go on")
        }
        do {
            let request = try containers.usingSnapshot(of: record) { record in
                let request = try self.request(record)
                if tasks.entry(request.key)?.state != .created { _ = try tasks.create(request) }
                return request
            }
            let (pid, startedAt) = try tasks.start(request, checkpoint: checkpoint)
            try containers.started(record, pid: pid, at: startedAt)
            FailurePoint.startRecorded.reach()
            return pid
        } catch {
            // One that is being moved was not tried, and stays as it is.
            if (error as? GantryError)?.code != .aborted { containers.startFailed(record, error) }
            throw error
        }
    }

    private func request(_ record: ContainerRecord) throws -> TaskRequest {
        let settings = try containers.settings(record)
        let driver = try containers.drivers.driver(record.snapshotter)
        let mounts = settings.mounts
        return TaskRequest(
            key: record.key, settings: settings, log: try containers.logTarget(record, settings),
            runtime: try containers.runtime(settings)
        ) { root in
            try MountSources.prepare(mounts)
            let owners = settings.userNamespace.owners
            let layers = try driver.snapshotter.mounts(record.snapshotKey)
            if let owners { try layers.apply(at: root, owners: owners) } else { try layers.apply(at: root) }
            for mount in mounts where mount.kind == .volume && mount.isFilled {
                try Volumes.fill(mount, from: root, owners: owners)
            }
        }
    }

    private var kill: Method {
        Method(
            "tasks.kill", "Sends a signal to the container's first process.",
            params: [CommonField.container, Field("signal", .any, "Name or number; SIGKILL when absent.")],
            result: "{}", errors: [.notFound, .failedPrecondition, .invalidArgument]
        ) { call in
            let text = call["signal"]?.int.map(String.init) ?? call.text("signal") ?? "SIGKILL"
            let signal = try SignalName.number(text)
            let record = try containers.find(call)
            do throws(GantryError) {
                try tasks.kill(record.key, signal: signal)
            } catch {
                if error.code != .failedPrecondition { throw error }
                throw GantryError(.failedPrecondition, "kill container '\(record.name)': it is not running")
            }
            // What is frozen does not even die.
            if signal == Signals.kill { try containers.unpauseToEnd(record) }
            try? containers.events.append(
                namespace: record.namespace,
                [record.event("container.kill", ["signal": .int(Int64(signal)), "sender": call.sender])])
            return [:]
        }
    }

    private var get: Method {
        Method(
            "tasks.get", "Describes a container's task.", params: [CommonField.container],
            result: "{state, pid, socket}", errors: [.notFound], access: .read, mode: .inline
        ) { call in
            let record = try containers.find(call)
            guard let entry = tasks.entry(record.key) else {
                throw GantryError(.notFound, "find task of container '\(record.name)': it has none")
            }
            return Self.json(record.key, entry)
        }
    }

    private var list: Method {
        Method(
            "tasks.list", "Lists the tasks of a namespace.", item: "{id, state, pid, socket}", access: .read,
            mode: .stream
        ) { call in
            for record in containers.containers.containers(namespace: call.namespace) {
                if let entry = tasks.entry(record.key) { try call.send(item: Self.json(record.key, entry)) }
            }
            return [:]
        }
    }

    private static func json(_ key: TaskKey, _ entry: TaskEntry) -> JSON {
        let state =
            switch entry.state {
            case .creating: "creating"
            case .created: "created"
            case .starting: "starting"
            case .running: "running"
            case .exited: "stopped"
            case .failed: "failed"
            }
        return [
            "id": .string(key.id), "state": .string(state), "pid": .int(Int64(entry.pid)),
            "socket": .string(entry.socket),
        ]
    }

    private var outOfMemory: Method {
        Method(
            "tasks.oom", "A shim's report that the kernel killed a process of its container; for shims only.",
            params: [CommonField.container, Field("pid", .integer, required: true, "The shim's own pid.")],
            result: "{}", errors: [.permissionDenied]
        ) { call in
            guard call.peer.uid == 0 else {
                throw GantryError(.permissionDenied, "tasks.oom: only shims may report")
            }
            try containers.outOfMemory(TaskKey(namespace: call.namespace, id: try call.string("container")))
            return [:]
        }
    }

    private var exited: Method {
        Method(
            "tasks.exited", "A shim's report that its container has ended; for shims only.",
            params: [
                CommonField.container, Field("pid", .integer, required: true, "The shim's own pid."),
                Field("exit", .object, required: true, "How it ended."),
            ],
            result: "{}: it is in the database, the shim may leave.", errors: [.permissionDenied]
        ) { call in
            // A shim is root's process; nobody else can know that a container has ended.
            guard call.peer.uid == 0 else {
                throw GantryError(.permissionDenied, "tasks.exited: only shims may report")
            }
            guard let exit = ExitRecord(.object(call["exit"]?.object ?? [:])) else {
                throw GantryError(.invalidArgument, "tasks.exited 'exit': not an exit record")
            }
            try tasks.exited(TaskKey(namespace: call.namespace, id: try call.string("container")), exit)
            return [:]
        }
    }
}
