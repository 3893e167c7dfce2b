import GantrySystem
import GantryWire
import Synchronization

/// One client: a reader thread that takes frames, an outbox that sends, and the calls in between.
///
/// ```
///            ┌ inline: answered here ─────────────┐
///  reader ───┤ pooled: BlockingPool ──────────────┼──▶ outbox ──▶ socket
///            └ wait, stream, bulk: own thread ────┘
/// ```
final class Connection: Sendable {
    private struct State {
        var calls: [RequestID: Call] = [:]
        /// Counts handlers, not answers: a call that ran into its deadline keeps its place until it really ends.
        var running = 0
        var closed = false
    }

    let server: Server
    let peer: UnixSocket.Peer
    let readOnly: Bool
    let outbox: Outbox
    private let state = Mutex(State())

    init(_ descriptor: SharedDescriptor, peer: UnixSocket.Peer, readOnly: Bool, server: Server) {
        self.server = server
        self.peer = peer
        self.readOnly = readOnly
        outbox = Outbox(descriptor, flusher: server.flusher, limit: server.options.queueBytes)
    }

    /// Serves until the client leaves; the reader thread's whole life.
    func serve() {
        var reader = ConnectionReader(self)
        let end = reader.run()
        let calls = state.withLock { state in
            state.closed = true
            return Array(state.calls.values)
        }
        for call in calls where call.method.endsWithClient || end == .handedOver { call.cancel(.disconnected) }
        switch end {
        case .left: outbox.close()
        case .refused: outbox.closeWhenDrained()
        case .handedOver: break
        }
    }

    // MARK: Calls

    /// Gives the call a place. Nil when it may run.
    func admit(_ call: Call) -> ErrorBody? {
        state.withLock { state in
            if state.calls[call.id] != nil {
                return ErrorBody(
                    .invalidArgument, "\(call.method.name): id \(call.id) is in flight",
                    number: ErrorBody.invalidRequest)
            }
            guard state.running < server.options.maximumInFlight else {
                return ErrorBody(
                    .resourceExhausted, "\(call.method.name): \(server.options.maximumInFlight) requests are in flight")
            }
            state.running += 1
            state.calls[call.id] = call
            return nil
        }
    }

    /// The handler has ended: answers, if nobody has.
    func finish(_ call: Call, _ result: Result<[UInt8], ErrorBody>) {
        state.withLock { state in
            state.running -= 1
            if state.calls[call.id] === call { state.calls[call.id] = nil }
        }
        // Before the verdict: who reads bulk bytes to their end must not wait for an end that comes later.
        call.end()
        answer(call, result)
        server.ended(call)
    }

    /// Answers a call whose deadline has passed; its handler may still run.
    func expire(_ call: Call) {
        call.cancel(.deadline)
        state.withLock { state in
            if state.calls[call.id] === call { state.calls[call.id] = nil }
        }
        answer(call, .failure(ErrorBody(thrown: call.error(.deadline), by: call.method.name)))
    }

    private func answer(_ call: Call, _ result: Result<[UInt8], ErrorBody>) {
        guard call.claimAnswer() else { return }
        var bytes: [UInt8] = []
        Self.append(result, of: call.id, into: &bytes)
        outbox.send(bytes)
    }

    /// Appends the response; a result that fits no frame becomes an error.
    static func append(_ result: Result<[UInt8], ErrorBody>, of id: RequestID, into bytes: inout [UInt8]) {
        switch result {
        case .success(let json):
            if Envelope.appendResult(id: id, json: json, into: &bytes) { return }
            let body = ErrorBody(.resourceExhausted, "answer '\(id)': \(json.count) bytes do not fit a frame")
            Envelope.failure(id: id, body).appendFrame(into: &bytes)
        case .failure(let body):
            if Envelope.failure(id: id, body).appendFrame(into: &bytes) { return }
            Envelope.failure(id: id, ErrorBody(body.code, "the error's message does not fit a frame"))
                .appendFrame(into: &bytes)
        }
    }

    func call(_ id: RequestID) -> Call? { state.withLock { $0.calls[id] } }

    var running: Int { state.withLock { $0.running } }
    var isClosed: Bool { state.withLock { $0.closed } }

    /// The daemon shuts down: waits and streams end, changes go on.
    func cancelWaits() {
        for call in state.withLock({ Array($0.calls.values) }) where call.method.endsWithClient {
            call.cancel(.shutdown)
        }
    }
}
