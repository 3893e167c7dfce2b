import GantryCore
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySystem
import GantryWire

/// `containers.checkpoint` and what belongs to it: a running container written into files, from which it goes on later.
extension ContainerService {
    private static let nameField = Field("checkpoint", .string, required: true, "Its name, unique in the container.")

    var checkpointMethod: Method {
        Method(
            "containers.checkpoint", "Writes a running container's processes into files, by CRIU through its runtime.",
            params: [
                CommonField.container, Self.nameField,
                Field("leaveRunning", .boolean, "They go on; else they end with it, which is the default."),
            ],
            result: "{}: it is durable; the container has ended, unless it was to be left running.",
            errors: [.notFound, .alreadyExists, .failedPrecondition, .invalidArgument]
        ) { [self] call in
            let record = try find(call)
            let name = try call.string("checkpoint")
            let leaves = call["leaveRunning"]?.bool ?? false
            guard record.status.state == .running else {
                throw GantryError(.failedPrecondition, "checkpoint container '\(record.name)': it is not running")
            }
            let settings = try settings(record)
            if settings.autoRemove {
                throw GantryError(
                    .failedPrecondition,
                    "checkpoint container '\(record.name)': it is removed when it ends, and its checkpoints with it; run it without --rm"
                )
            }
            if settings.terminal {
                throw GantryError(
                    .failedPrecondition,
                    "checkpoint container '\(record.name)': it has a terminal, which cannot be put back; run it without -t"
                )
            }
            try withCheckpoints(of: record) { checkpoints in
                try checkpoints.make(name) { directory in
                    try tasks.get.checkpoint(record.key, to: directory, leaveRunning: leaves)
                }
            }
            try? events.append(
                namespace: record.namespace,
                [
                    record.event(
                        "container.checkpoint",
                        ["checkpoint": .string(name), "leaveRunning": .bool(leaves), "sender": call.sender])
                ])
            // The answer says that it has ended, so its end is in the database by then.
            if !leaves { waitForEnd(record) }
            return [:]
        }
    }

    var checkpointsMethod: Method {
        Method(
            "containers.checkpoints", "Lists a container's checkpoints, the oldest first.",
            params: [CommonField.container], result: "{checkpoints: [{name, created, size}]}", errors: [.notFound],
            access: .read
        ) { [self] call in
            ["checkpoints": .array(try checkpoints(of: find(call)).list())]
        }
    }

    var removeCheckpointMethod: Method {
        Method(
            "containers.removeCheckpoint", "Removes a container's checkpoint.",
            params: [CommonField.container, Self.nameField], result: "{}", errors: [.notFound]
        ) { [self] call in
            let name = try call.string("checkpoint")
            try withCheckpoints(of: try find(call)) { try $0.remove(name) }
            return [:]
        }
    }

    /// For who changes them or goes on from one: one at a time for each container.
    /// - Throws: `.aborted` while another is at work; what `body` throws.
    func withCheckpoints<Result>(of record: ContainerRecord, _ body: (Checkpoints) throws -> Result) throws -> Result {
        guard busyCheckpoints.with({ $0.insert(record.id).inserted }) else {
            throw GantryError(
                .aborted, "checkpoints of container '\(record.name)': another call is at work with them; try again")
        }
        defer { busyCheckpoints.with { _ = $0.remove(record.id) } }
        return try body(checkpoints(of: record))
    }

    func checkpoints(of record: ContainerRecord) -> Checkpoints {
        Checkpoints(container: record.name, path: "\(directory)/\(record.namespace)/\(record.id)/checkpoints")
    }

    private func waitForEnd(_ record: ContainerRecord) {
        _ = changes.wait(milliseconds: 10_000) { _ -> Bool? in
            let now = try? containers.container(namespace: record.namespace, id: record.id)
            return now?.status.pid == nil ? true : nil
        }
    }
}

/// The checkpoints of one container: a directory each in its own, which go with it.
///
/// One is there when CRIU has written its last file; what a broken run left is none, and makes room for the next.
struct Checkpoints: Sendable {
    let container: String
    let path: String

    /// Has `body` fill the directory of a new one; durable when this returns.
    /// - Throws: `.invalidArgument` for a name that is none, `.alreadyExists`; what `body` throws, and nothing is left then.
    func make(_ name: String, _ body: (String) throws -> Void) throws {
        try ContainerName.validate(name)
        let directory = "\(path)/\(name)"
        guard !isThere(name) else {
            throw GantryError(.alreadyExists, "checkpoint container '\(container)': it has a checkpoint '\(name)'")
        }
        try describing("make checkpoint '\(name)'") { () throws(Errno) in
            try Directory.removeTree(directory)
            try Path.makeDirectories(directory, mode: 0o700)
        }
        do {
            try body(directory)
        } catch {
            // Whatever went wrong: with the last file there, the processes may have ended, and this is all that is left of
            // them. A runtime that took too long may have left CRIU at work.
            let isUnderWay = (error as? GantryError)?.code == .deadlineExceeded
            if !isThere(name), !isUnderWay {
                try? Directory.removeTree(directory)
                try? Path.removeDirectory(path)
            }
            throw error
        }
        try describing("sync checkpoint '\(name)'") { () throws(Errno) in
            let handle = try File.open(directory, .directory)
            try File.syncFilesystem(handle.raw)
        }
    }

    /// Where a checkpoint is.
    /// - Throws: `.notFound`.
    func directory(_ name: String) throws(GantryError) -> String {
        guard (try? ContainerName.validate(name)) != nil, isThere(name) else {
            throw GantryError(.notFound, "container '\(container)' has no checkpoint '\(name)'")
        }
        return "\(path)/\(name)"
    }

    func remove(_ name: String) throws(GantryError) {
        let directory = try directory(name)
        try describing("remove checkpoint '\(name)' of container '\(container)'") { () throws(Errno) in
            // First what makes it one: half a checkpoint must not be restored.
            try Path.unlink("\(directory)/\(Tasks.checkpointMark)")
            try Directory.removeTree(directory)
        }
    }

    func list() -> [JSON] {
        let names = ((try? Directory.list(path)) ?? []).map(\.name).filter(isThere)
        let found = names.compactMap { name -> (JSON, FileTime)? in
            guard let mark = try? FileStatus.of("\(path)/\(name)/\(Tasks.checkpointMark)") else { return nil }
            let files = (try? Directory.list("\(path)/\(name)")) ?? []
            let size = files.reduce(Int64(0)) { $0 + ((try? FileStatus.of("\(path)/\(name)/\($1.name)"))?.size ?? 0) }
            let created = Timestamp(nanoseconds: mark.modified.seconds * 1_000_000_000 + mark.modified.nanoseconds)
            return (
                ["name": .string(name), "created": .string(created.description), "size": .int(size)], mark.modified
            )
        }
        return found.sorted { ($0.1.seconds, $0.1.nanoseconds) < ($1.1.seconds, $1.1.nanoseconds) }.map(\.0)
    }

    private func isThere(_ name: String) -> Bool { Path.exists("\(path)/\(name)/\(Tasks.checkpointMark)") }
}
