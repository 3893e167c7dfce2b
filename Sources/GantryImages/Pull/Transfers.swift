import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// The transfers of the whole daemon, by what they bring: a blob that two clients want comes once.
package final class Transfers: Sendable {
    private struct Key: Hashable {
        var digest: Digest
        var size: Int64
    }

    private struct State {
        var running: [Key: Transfer] = [:]
        /// Pulls and transfers that are not through; a daemon that ends waits for them.
        var busy = 0
        var isClosed = false
    }

    /// What a transfer means to the one who asks for it.
    enum Claim {
        /// Nobody brings it yet: the caller must carry the transfer out, and `release` it.
        case mine(Transfer)
        /// Somebody brings it, and the caller waits along.
        case joined(Transfer)
    }

    private let state = Monitor(State())

    /// None runs at first.
    package init() {}

    /// Joins the transfer of a blob or begins one. Waits while one is just ending that cannot be joined any more.
    /// - Throws: what `stopped` gives meanwhile; `.unavailable` after `close`.
    func claim(
        _ descriptor: Descriptor, for member: ObjectIdentifier, lease: LeaseKey, unless stopped: () -> GantryError?
    ) throws(GantryError) -> Claim {
        let key = Key(digest: descriptor.digest, size: descriptor.size)
        let claim: Result<Claim, GantryError>? = state.wait { state in
            if state.isClosed { return .failure(GantryError(.unavailable, "pull: the daemon shuts down")) }
            if let stopped = stopped() { return .failure(stopped) }
            if let transfer = state.running[key] {
                return transfer.join(member, lease: lease) ? .success(.joined(transfer)) : nil
            }
            let transfer = Transfer(descriptor)
            _ = transfer.join(member, lease: lease)
            state.running[key] = transfer
            state.busy += 1
            return .success(.mine(transfer))
        }
        guard let claim else { throw GantryError(.internal, "pull: a wait without end ended") }
        return try claim.get()
    }

    /// A transfer that the caller carried out has ended.
    func release(_ transfer: Transfer) {
        state.with { state in
            state.running[Key(digest: transfer.descriptor.digest, size: transfer.descriptor.size)] = nil
            state.busy -= 1
        }
        state.wakeAll()
    }

    /// Lets those who wait for a claim look whether they still want it.
    func wake() { state.wakeAll() }

    /// Takes no more, and waits until all have ended, at most so long; whoever wants them has given up by now.
    package func close(milliseconds: Int64) {
        state.with { $0.isClosed = true }
        state.wakeAll()
        waitUntilIdle(milliseconds: milliseconds)
    }

    /// Waits until none runs, at most so long.
    func waitUntilIdle(milliseconds: Int64) {
        _ = state.wait(milliseconds: milliseconds) { $0.busy == 0 ? true : nil }
    }
}
