import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// Who is at work with the snapshots of containers: any number that start, look or copy, or the one that moves it.
///
/// What a start and a copy have in common is that they mount the snapshot that the row names; while it is being moved to
/// another driver, what they wrote would be lost.
final class SnapshotUses: Sendable {
    private enum Use {
        case used(Int)
        case moving
    }

    private let uses = Monitor<[ContainerID: Use]>([:])

    /// One more user; false while it is being moved.
    func enter(_ id: ContainerID) -> Bool {
        uses.with { uses in
            switch uses[id] {
            case nil: uses[id] = .used(1)
            case .used(let count): uses[id] = .used(count + 1)
            case .moving: return false
            }
            return true
        }
    }

    func leave(_ id: ContainerID) {
        uses.with { uses in
            guard case .used(let count) = uses[id] else { return }
            uses[id] = count == 1 ? nil : .used(count - 1)
        }
    }

    /// Keeps everybody out; false when somebody is in.
    func beginMove(_ id: ContainerID) -> Bool {
        uses.with { uses in
            guard uses[id] == nil else { return false }
            uses[id] = .moving
            return true
        }
    }

    func endMove(_ id: ContainerID) { uses.with { $0[id] = nil } }
}

extension ContainerService {
    /// Calls `body` with the container as it is now, whose snapshot is not moved meanwhile.
    /// - Throws: `.aborted` while it is being moved; `.notFound` when it was removed; what `body` throws.
    func usingSnapshot<Result>(of record: ContainerRecord, _ body: (ContainerRecord) throws -> Result) throws -> Result
    {
        guard snapshotUses.enter(record.id) else {
            throw GantryError(
                .aborted,
                "use container '\(record.name)': it is being moved to another snapshotter; try again when that is done")
        }
        defer { snapshotUses.leave(record.id) }
        return try body(containers.container(namespace: record.namespace, id: record.id))
    }
}
