import GantryCore
import GantryModel
import GantryRPC
import GantrySystem
import GantryWire

/// `containers.restart`: an end and a start that belong together.
extension TaskService {
    var restart: Method {
        Method(
            "containers.restart", "Stops a container, when it runs, and starts it again.",
            params: [CommonField.container, CommonField.stopTimeout, CommonField.stopSignal], result: "{pid}",
            errors: [.notFound, .failedPrecondition, .invalidArgument], mode: .wait
        ) { call in
            let record = try containers.find(call)
            // In between, a container that goes with its end has to stay.
            let isFirst = containers.changes.with { $0.restarting.insert(record.id).inserted }
            guard isFirst else {
                throw GantryError(.failedPrecondition, "restart container '\(record.name)': it is being restarted")
            }
            defer { containers.changes.with { _ = $0.restarting.remove(record.id) } }
            try containers.stop(record, as: call)
            return ["pid": .int(Int64(try begin(record)))]
        }
    }
}
