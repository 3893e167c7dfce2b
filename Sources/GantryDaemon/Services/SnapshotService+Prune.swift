import GantryCore
import GantryImages
import GantryModel
import GantryRPC
import GantryWire

/// `snapshots.prune`: away with what nothing uses.
extension SnapshotService {
    var prune: Method {
        Method(
            "snapshots.prune", "Removes committed snapshots that no image, container, lease or snapshot needs.",
            params: [
                Field("driver", .string, "Snapshotter; all that are ready when absent."),
                Field("active", .boolean, "Also active snapshots and views of the namespace that nothing holds."),
            ],
            result: "{deleted: [{driver, name}], spaceReclaimed}: in bytes.", errors: [.notFound]
        ) { call in
            var deleted = [JSON]()
            var space: Int64 = 0
            for driver in try drivers(call, all: call["driver"] == nil) {
                // What stood on others goes first, and may have been all that they were for.
                var isDone = false
                while !isDone {
                    isDone = true
                    for record in try records(of: driver, call) where try isUnused(record, call) {
                        let usage = (try? driver.snapshotter.usage(record.info.name)) ?? record.usage
                        do {
                            try remove(record.info.name, driver, call)
                        } catch let error as GantryError
                            where [.failedPrecondition, .notFound, .aborted].contains(error.code)
                        {
                            // Wanted or removed in this moment.
                            continue
                        }
                        isDone = false
                        deleted.append(["driver": .string(driver.name), "name": .string(record.info.name)])
                        space += usage.bytes
                    }
                }
            }
            return ["deleted": .array(deleted), "spaceReclaimed": .int(space)]
        }
    }

    private func isUnused(_ record: SnapshotRecord, _ call: Call) throws -> Bool {
        guard record.info.kind == .committed || call.flag("active") else { return false }
        return try leases.references(to: record.node).isEmpty
    }
}
