import GantryCore
import GantryImages
import GantryModel
import GantryRPC
import GantryWire

/// `containers.list`.
extension ContainerService {
    var listMethod: Method {
        Method(
            "containers.list", "Lists containers, newest first.",
            params: [
                Field("all", .boolean, "Also those that do not run; false when absent. A filter by status means it."),
                ContainerFilters.field,
                Field("limit", .count, "The newest so many that fit, whether they run or not."),
                Field("size", .boolean, "Also sizeRw and sizeRootFs, in bytes; costs a walk of what each has written."),
            ],
            item: "A container's summary.", errors: [.invalidArgument, .notFound], access: .read, mode: .stream
        ) { [self] call in
            let filters = try ContainerFilters(listing: call, of: self)
            let limit = call["limit"]?.int
            let all = call.flag("all") || filters.includesStopped || limit != nil
            var sent: Int64 = 0
            var bytes = [UInt8]()
            for record in containers.containers(namespace: call.namespace) {
                if !all, record.status.state != .running, record.status.state != .paused { continue }
                guard try filters.matches(record) else { continue }
                if let limit, sent >= limit { break }
                sent += 1
                bytes.removeAll(keepingCapacity: true)
                ContainerSummary.append(record, size: call.flag("size") ? size(record) : nil, to: &bytes)
                try call.send(itemBytes: bytes)
            }
            return [:]
        }
    }

    /// What a container has written, and that with its image. Nothing when its snapshot cannot be asked.
    /// Cost: a walk of what it has written.
    func size(_ record: ContainerRecord) -> ContainerSize {
        guard let snapshots = try? drivers.driver(record.snapshotter).snapshotter,
            let own = try? snapshots.usage(record.snapshotKey).bytes
        else { return ContainerSize(written: 0, total: 0) }
        var total = own
        var parent = (try? snapshots.stat(record.snapshotKey))?.parent
        while let name = parent {
            total += (try? snapshots.usage(name).bytes) ?? 0
            parent = (try? snapshots.stat(name))?.parent
        }
        return ContainerSize(written: own, total: total)
    }
}

/// The space that a container takes, in bytes.
struct ContainerSize: Equatable {
    /// By what it has written.
    var written: Int64
    /// With the layers of its image.
    var total: Int64
}
