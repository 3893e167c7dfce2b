package import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// One pull while it runs: what it waits for, how far it is, and whether it is still wanted.
///
/// A few threads bring its blobs, in order, each alone or together with the pulls of other clients (`Transfers`), while
/// the thread of the pull itself unpacks the layers.
package final class PullSession: Sendable {
    /// How a blob stands.
    enum Arrival: Sendable {
        case waiting
        case following(Transfer)
        case stored
    }

    struct State {
        /// Why it ends early, once it does.
        var stopped: GantryError?
        var queue: [Descriptor] = []
        var arrivals: [Digest: Arrival] = [:]
        /// The image's layers, each once.
        var layers: [Descriptor] = []
        /// Compressed bytes that were unpacked, of the layers that have begun to.
        var unpacked: [Digest: Int64] = [:]
        var finished: Set<Digest> = []
        /// Transfers that this pull carries out.
        var carried: [Digest: Transfer] = [:]
        /// Blobs that came over the network.
        var fetched: Set<Digest> = []
        /// Layers that were unpacked for this pull.
        var written: Set<Digest> = []
    }

    let content: any ContentStore
    private let references: any LeaseStore
    private let transfers: Transfers
    private let lease: LeaseKey
    let state = Monitor(State())

    /// - Parameter lease: holds whatever comes in until the image has its name.
    package init(content: any ContentStore, references: any LeaseStore, transfers: Transfers, lease: LeaseKey) {
        self.content = content
        self.references = references
        self.transfers = transfers
        self.lease = lease
    }

    var holder: LeaseKey { lease }
    private var member: ObjectIdentifier { ObjectIdentifier(self) }

    // MARK: Whether it is wanted

    /// Ends the pull: transfers that nobody else waits for stop, and keep what they have.
    package func cancel() { stop(GantryError(.cancelled, "pull: not wanted any more")) }

    /// Ends the pull for a reason; the first one counts.
    func stop(_ reason: GantryError) {
        let followed = state.with { state in
            if state.stopped == nil { state.stopped = reason }
            state.queue = []
            return state.arrivals.values.compactMap { arrival -> Transfer? in
                guard case .following(let transfer) = arrival else { return nil }
                return transfer
            }
        }
        for transfer in followed { transfer.leave(member) }
        state.wakeAll()
        transfers.wake()
    }

    var stopped: GantryError? { state.with { $0.stopped } }

    package func checkWanted() throws {
        if let stopped { throw stopped }
    }

    /// For the conversation with the registry: it goes on after this pull has ended as long as other pulls wait for what
    /// this one carries.
    package func checkTalk() throws {
        let (stopped, carried) = state.with { ($0.stopped, $0.carried) }
        guard let stopped else { return }
        if !carried.values.contains(where: { $0.isWanted(besides: member) }) { throw stopped }
    }

    /// Whether anything came over the network that the next pull need not fetch again.
    package var hasFetched: Bool { state.with { !$0.fetched.isEmpty } }

    // MARK: Bringing blobs

    /// Begins to bring blobs, the first first, `threads` at once. What is here already counts as brought.
    /// - Throws: `.resourceExhausted` when there is no thread at all.
    func fetch(
        _ blobs: [Descriptor], layers: [Descriptor], threads: Int, from source: any RegistrySource
    ) throws {
        state.with { state in
            for blob in blobs where state.arrivals[blob.digest] == nil {
                state.arrivals[blob.digest] = .waiting
                state.queue.append(blob)
            }
            var seen: Set<Digest> = []
            state.layers = layers.filter { seen.insert($0.digest).inserted }
        }
        var started = 0
        for _ in 0..<min(threads, blobs.count) {
            do throws(Errno) {
                try Threads.start("gantry-fetch", stack: 1 << 20) { [self] in work(source) }
                started += 1
            } catch {
                if started > 0 { return }
                throw GantryError(.resourceExhausted, "pull: no thread: \(error.reason)")
            }
        }
    }

    private func work(_ source: any RegistrySource) {
        while let blob = state.with({ $0.queue.isEmpty ? nil : $0.queue.removeFirst() }) {
            do {
                try bring(blob, from: source)
                state.with { $0.arrivals[blob.digest] = .stored }
                state.wakeAll()
            } catch {
                // Without this one the image cannot be: the others need not come.
                stop(ImagePuller.describe(error))
            }
        }
    }

    private func bring(_ blob: Descriptor, from source: any RegistrySource) throws {
        while true {
            try checkWanted()
            if try hold(blob.digest) { return }
            switch try transfers.claim(blob, for: member, lease: lease, unless: { stopped }) {
            case .mine(let transfer):
                follow(transfer)
                state.with { _ = $0.carried.updateValue(transfer, forKey: blob.digest) }
                TransferRun(transfer, content: content, source: source).run()
                state.with { $0.carried[blob.digest] = nil }
                transfers.release(transfer)
                switch try transfer.outcome(unless: { nil }) {
                case .failed(let error): throw error
                case .stored:
                    state.with { _ = $0.fetched.insert(blob.digest) }
                    return
                case .elsewhere: continue
                }
            case .joined(let transfer):
                follow(transfer)
                switch try transfer.outcome(unless: { stopped }) {
                case .stored:
                    state.with { _ = $0.fetched.insert(blob.digest) }
                    return
                // Another pull's registry or client failed; ours may do better.
                case .failed, .elsewhere: state.with { $0.arrivals[blob.digest] = .waiting }
                }
            }
        }
    }

    private func follow(_ transfer: Transfer) {
        let isWanted = state.with { state in
            if state.stopped == nil { state.arrivals[transfer.descriptor.digest] = .following(transfer) }
            return state.stopped == nil
        }
        state.wakeAll()
        if !isWanted { transfer.leave(member) }
    }

    /// Whether the blob is here; then the lease holds it.
    func hold(_ digest: Digest) throws -> Bool {
        do {
            _ = try content.info(digest)
            try references.addReferences(from: .lease(lease), to: [.blob(digest)])
            return true
        } catch let error as GantryError where error.code == .notFound {
            // The lease may be what is missing: that must not look as if the blob were.
            _ = try references.lease(lease)
            return false
        }
    }

    // MARK: Waiting for blobs

    /// Waits until bytes of the blob can be read, be they all there or not.
    func arrival(_ digest: Digest) throws -> Arrival {
        try wait { state in
            if case .waiting? = state.arrivals[digest] { return nil }
            return state.arrivals[digest] ?? .stored
        }
    }

    /// Waits until the blob is stored and verified.
    func settle(_ digest: Digest) throws {
        try wait { state -> Void? in
            if case .stored? = state.arrivals[digest] { return () }
            return nil
        }
    }

    private func wait<Value>(_ look: (State) -> Value?) throws -> Value {
        let found: Result<Value, GantryError>? = state.wait { state in
            if let stopped = state.stopped { return .failure(stopped) }
            return look(state).map { .success($0) }
        }
        guard let found else { throw GantryError(.internal, "pull: a wait without end ended") }
        return try found.get()
    }
}
