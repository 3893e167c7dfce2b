import GantryCore
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySystem
import GantryWire

/// `containers.logs`: the log as stdio frames on a connection of its own.
extension ContainerService {
    var logsMethod: Method {
        Method(
            "containers.logs", "Sends what a container has written, and follows it.",
            params: [
                CommonField.container, Field("follow", .boolean, "Go on until the container ends; false when absent."),
                Field("tail", .integer, "Lines from the end of what since and until leave; -1 (when absent) is all."),
                Field(
                    "since", .string,
                    "Nothing earlier: RFC 3339, seconds since 1970 with a fraction, or a length of time ago (10m)."),
                Field("until", .string, "Nothing later, in the same forms; following then ends at that time."),
                Field("stdout", .boolean, "true when absent."), Field("stderr", .boolean, "true when absent."),
                Field("timestamps", .boolean, "Put the time before each line; false when absent."),
                Field("positions", .boolean, "Say in position frames where the log has come to; false when absent."),
                Field("position", .string, "Go on behind the frames that this came with; tail does not count then."),
            ],
            result: "{}: everything was sent.", errors: [.notFound, .invalidArgument], access: .guarded, mode: .bulk
        ) { [self] call in
            let position = try call.text("position").map { (text) throws(GantryError) in try LogPosition(text) }
            let source = try source(call, position)
            var options = LogReader.Options()
            options.follow = call.flag("follow")
            options.stdout = call.flag("stdout", true)
            options.stderr = call.flag("stderr", true)
            options.timestamps = call.flag("timestamps")
            if let tail = call["tail"]?.int, tail >= 0 { options.tail = Int(clamping: tail) }
            options.since = try Self.moment("since", call)
            options.until = try Self.moment("until", call)
            if call.flag("positions") { options.positions = source.container }
            options.position = position
            let connection = try call.openBulk()
            let reader = LogReader(
                path: source.path, files: source.files, options: options, isLive: source.isLive,
                isCancelled: { call.isCancelled })
            do {
                try reader.read { try connection.write($0) }
            } catch let error as Errno where error == .brokenPipe || error == .connectionReset {
                // Who has gone needs no more.
            }
            // An answer says that everything was sent; a daemon that shuts down has not.
            try call.checkCancelled()
            connection.finishWriting()
            return [:]
        }
    }

    private static func moment(_ name: String, _ call: Call) throws(GantryError) -> Timestamp? {
        guard let text = call.text(name) else { return nil }
        do throws(GantryError) {
            return try Timestamp(argument: text, now: Timestamp(nanoseconds: Clock.realtime))
        } catch {
            throw GantryError(.invalidArgument, "containers.logs '\(name)': \(error.message)")
        }
    }

    private struct Source {
        var container: ContainerID
        var path: String
        var files: LogFiles?
        var isLive: () -> Bool
    }

    /// The log of the container that is named, or of the one that the position is of: another may have its name by now.
    private func source(_ call: Call, _ position: LogPosition?) throws -> Source {
        let record: ContainerRecord
        do {
            record =
                try position.map { try containers.container(namespace: call.namespace, id: $0.container) } ?? find(call)
        } catch let error as GantryError where error.code == .notFound {
            guard let id = position?.container,
                let files = keptLogs[TaskKey(namespace: call.namespace, id: id.text)]
            else { throw error }
            return Source(container: id, path: "of container \(id.short)", files: files, isLive: { false })
        }
        switch try settings(record).log.driver {
        case .jsonFile: break
        case .journald:
            throw GantryError(
                .failedPrecondition,
                "read log of container '\(record.name)': it is in the journal: journalctl CONTAINER_ID_FULL=\(record.id)"
            )
        case .none:
            throw GantryError(
                .failedPrecondition, "read log of container '\(record.name)': it has none (log driver none)")
        }
        return Source(container: record.id, path: logPath(record), files: nil) { [self] in
            guard let now = try? containers.container(namespace: record.namespace, id: record.id) else {
                return false
            }
            return now.status.state == .running || now.status.state == .paused
                || tasks.get.entry(record.key).map { $0.exit == nil } ?? false
        }
    }
}
