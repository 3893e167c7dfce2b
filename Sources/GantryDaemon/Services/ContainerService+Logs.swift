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
                Field("tail", .integer, "Lines from the end; -1 (when absent) is all."),
                Field("stdout", .boolean, "true when absent."), Field("stderr", .boolean, "true when absent."),
                Field("timestamps", .boolean, "Put the time before each line; false when absent."),
            ],
            result: "{}: everything was sent.", errors: [.notFound], access: .guarded, mode: .bulk
        ) { [self] call in
            let record = try find(call)
            var options = LogReader.Options()
            options.follow = call.flag("follow")
            options.stdout = call.flag("stdout", true)
            options.stderr = call.flag("stderr", true)
            options.timestamps = call.flag("timestamps")
            if let tail = call["tail"]?.int, tail >= 0 { options.tail = Int(clamping: tail) }
            let connection = try call.openBulk()
            let reader = LogReader(
                path: logPath(record), options: options,
                isLive: { [self] in
                    guard let now = try? containers.container(namespace: record.namespace, id: record.id) else {
                        return false
                    }
                    return now.status.state == .running || now.status.state == .paused
                        || tasks.get.entry(record.key).map { $0.exit == nil } ?? false
                }, isCancelled: { call.isCancelled })
            do {
                try reader.read { try connection.write($0) }
            } catch let error as Errno where error == .brokenPipe || error == .connectionReset {
                // Who has gone needs no more.
            }
            connection.finishWriting()
            return [:]
        }
    }
}
