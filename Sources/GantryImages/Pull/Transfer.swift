import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// One blob on its way from a registry into the content store, for everybody who waits for it.
///
///     running ──all bytes are there──▶ complete ──synced and verified──▶ ended(.stored)
///        ├──somebody else stored it──────────────────────────────────▶ ended(.elsewhere)
///        └──nobody waits any more, or a failure──────────────────────▶ ended(.failed)
///
/// Whoever began it carries it out on a thread of its own; the others follow. It ends early only when the last of them
/// has left. Bytes that came stay as an ingest, and the next transfer goes on behind them, unless they are wrong.
final class Transfer: Sendable {
    /// How it ended.
    enum Outcome: Sendable {
        /// The blob is stored, and the leases of all who waited hold it.
        case stored
        /// The blob was there by another way; who waits must look for it.
        case elsewhere
        case failed(GantryError)
    }

    /// What there is to see of it.
    struct View: Sendable {
        var available: Int64
        var isComplete: Bool
        /// Why it began another time, until bytes come.
        var retrying: String?
    }

    /// What a follower finds.
    private enum Sight {
        case bytes(BlobReader, Int64)
        case end
        case stopped(GantryError)
    }

    private struct State {
        var members: [ObjectIdentifier: LeaseKey] = [:]
        var reader: BlobReader?
        var available: Int64 = 0
        /// How often the bytes were thrown away: what was read before is void then.
        var generation = 0
        var isComplete = false
        /// Everybody has left: it ends, and who comes now must begin anew.
        var isAbandoned = false
        /// Who does not wait by now is not given the blob to hold.
        var isCommitting = false
        var outcome: Outcome?
        var retrying: String?
        /// Somebody waits for bytes.
        var hasReaders = false
    }

    /// What is transferred.
    let descriptor: Descriptor
    private let state = Monitor(State())

    init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    // MARK: Members

    /// Waits along; false when it is too late for that.
    func join(_ member: ObjectIdentifier, lease: LeaseKey) -> Bool {
        state.with { state in
            if state.outcome != nil || state.isCommitting || state.isAbandoned { return false }
            state.members[member] = lease
            return true
        }
    }

    /// Waits no longer. The last one to leave ends the transfer.
    func leave(_ member: ObjectIdentifier) {
        state.with { state in
            state.members[member] = nil
            if state.members.isEmpty, !state.isCommitting { state.isAbandoned = true }
        }
        state.wakeAll()
    }

    /// Whether nobody waits for it any more.
    var isAbandoned: Bool { state.with { $0.isAbandoned } }

    /// Whether anybody but this member waits for it.
    func isWanted(besides member: ObjectIdentifier) -> Bool {
        state.with { state in state.members.keys.contains { $0 != member } }
    }

    /// The leases of those who wait for it; from now on nobody joins.
    func holders() -> [LeaseKey] {
        state.with { state in
            state.isCommitting = true
            return Array(state.members.values)
        }
    }

    var view: View {
        state.with { View(available: $0.available, isComplete: $0.isComplete, retrying: $0.retrying) }
    }

    /// Waits for the end.
    /// - Throws: what `stopped` gives before that.
    func outcome(unless stopped: () -> GantryError?) throws(GantryError) -> Outcome {
        let found: Result<Outcome, GantryError>? = state.wait { state in
            if let outcome = state.outcome { return .success(outcome) }
            return stopped().map { .failure($0) }
        }
        return try found?.get() ?? .elsewhere
    }

    // MARK: The one who carries it out

    /// Bytes come through this reader now, so many are there.
    func began(_ reader: BlobReader, available: Int64) {
        state.with { state in
            if state.reader != nil, available < state.available { state.generation += 1 }
            state.reader = reader
            state.available = available
        }
        state.wakeAll()
    }

    /// So many bytes are there. Cost: a lock; a wake-up only when somebody waits for bytes.
    func grew(to available: Int64) {
        let hasReaders = state.with { state in
            state.available = available
            state.retrying = nil
            defer { state.hasReaders = false }
            return state.hasReaders
        }
        if hasReaders { state.wakeAll() }
    }

    /// All bytes are there; they are being synced and verified.
    func completed() {
        state.with { $0.isComplete = true }
        state.wakeAll()
    }

    /// All bytes were wrong and come again; false when nobody wants that any more.
    func restart(because reason: String) -> Bool {
        state.with { state in
            state.retrying = reason
            state.isComplete = false
            state.isCommitting = false
            state.isAbandoned = state.members.isEmpty
            return !state.isAbandoned
        }
    }

    func end(_ outcome: Outcome) {
        state.with { $0.outcome = outcome }
        state.wakeAll()
    }

    // MARK: Followers

    /// Bytes from `offset` on, as soon as there are any; 0 at the end of the blob.
    /// - Parameter generation: what `self.generation` was when the first byte was read.
    /// - Throws: what `stopped` gives; `.aborted` when earlier bytes turned out to be void; what made the transfer fail.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: Int64, generation: Int,
        unless stopped: () -> GantryError?
    ) throws -> Int {
        let sight: Sight? = state.wait { (state: inout State) -> Sight? in
            self.sight(&state, offset, generation, stopped())
        }
        switch sight {
        case .bytes(let reader, let count)?:
            let wanted = Int(min(Int64(buffer.count), count))
            return try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: offset)
        case .stopped(let error)?: throw error
        case .end?, nil: return 0
        }
    }

    private func sight(_ state: inout State, _ offset: Int64, _ generation: Int, _ stopped: GantryError?) -> Sight? {
        if let stopped { return .stopped(stopped) }
        if state.generation != generation {
            return .stopped(GantryError(.aborted, "read '\(descriptor.digest)': the transfer began again"))
        }
        switch state.outcome {
        case .failed(let error)?: return .stopped(error)
        case .elsewhere?:
            return .stopped(GantryError(.aborted, "read '\(descriptor.digest)': it came by another way"))
        case .stored?, nil: break
        }
        if state.available > offset, let reader = state.reader { return .bytes(reader, state.available - offset) }
        if state.isComplete { return .end }
        state.hasReaders = true
        return nil
    }

    /// Counts how often bytes were thrown away.
    var generation: Int { state.with { $0.generation } }
}
