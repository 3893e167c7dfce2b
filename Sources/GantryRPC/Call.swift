import GantryModel
package import GantrySystem
package import GantryWire
import Synchronization

/// One request while it is answered: what was asked, by whom, and whether the answer is still wanted.
package final class Call: Sendable {
    /// Why a call should stop.
    package enum Cancellation: Sendable, Equatable { case byClient, disconnected, deadline, shutdown }

    private struct State {
        var cancellation: Cancellation?
        var answered = false
        var ended = false
        var nextHandler = 0
        var handlers: [Int: @Sendable () -> Void] = [:]
    }

    package let id: RequestID
    package let method: Method
    /// Checked against the declaration: every required one is here, of its type.
    package let params: JSONObject
    package let namespace: String
    package let lease: String?
    /// When the answer is no longer wanted, on the monotonic clock in nanoseconds.
    package let deadline: Int64?
    package let traceparent: String?
    /// Who asks, as the kernel saw it connect.
    package let peer: UnixSocket.Peer
    /// Whether it came by the read-only socket: environment values are to be redacted then.
    package let readOnly: Bool

    let connection: Connection
    /// What the client can still take; streams only.
    let credit: Monitor<Credit>?
    private let state = Mutex(State())

    init(id: RequestID, method: Method, params: JSONObject, common: CommonParams, connection: Connection) {
        self.id = id
        self.method = method
        self.params = params
        namespace = common.namespace
        lease = common.lease
        deadline = common.deadlineMilliseconds.map { Clock.monotonic + $0 * 1_000_000 }
        traceparent = common.traceparent
        self.connection = connection
        peer = connection.peer
        readOnly = connection.readOnly
        credit = method.mode == .stream ? Monitor(Credit.initial) : nil
    }

    /// The parameter `name`, nil when absent or null.
    package subscript(_ name: String) -> JSON? {
        guard let value = params[name], !value.isNull else { return nil }
        return value
    }

    /// The string parameter `name`, which the method declares as required.
    package func string(_ name: String) throws -> String {
        guard let text = params[name]?.string else {
            throw GantryError(.invalidArgument, "\(method.name) '\(name)': is required")
        }
        return text
    }

    // MARK: Cancellation

    /// Whether the answer is no longer wanted. Cost: a lock that nobody holds for long.
    package var isCancelled: Bool { cancellation != nil }
    package var cancellation: Cancellation? { state.withLock { $0.cancellation } }

    /// Throws the error that says why, once the call is cancelled.
    package func checkCancelled() throws {
        if let cancellation { throw error(cancellation) }
    }

    /// Runs `body` when the call is cancelled, at once when it is already. On the thread that cancels: be brief, do
    /// not block. The registration ends with `handle.remove()` or with the call; a call that has ended takes none.
    @discardableResult
    package func onCancel(_ body: @escaping @Sendable () -> Void) -> CancelHandle {
        let number: Int? = state.withLock { state in
            guard state.cancellation == nil else { return nil }
            // Kept, it would keep the call, and with it the connection's descriptor, for ever.
            if state.ended { return 0 }
            state.nextHandler += 1
            state.handlers[state.nextHandler] = body
            return state.nextHandler
        }
        if number == nil { body() }
        return CancelHandle(call: self, number: number)
    }

    /// A registration with `onCancel`.
    package struct CancelHandle: Sendable {
        fileprivate let call: Call
        fileprivate let number: Int?
        package func remove() {
            guard let number else { return }
            call.state.withLock { $0.handlers[number] = nil }
        }
    }

    func cancel(_ reason: Cancellation) {
        let handlers: [@Sendable () -> Void] = state.withLock { state in
            guard state.cancellation == nil else { return [] }
            state.cancellation = reason
            defer { state.handlers = [:] }
            return Array(state.handlers.values)
        }
        for handler in handlers { handler() }
        credit?.wakeAll()
    }

    /// The handler has ended: lets go of what waits for a cancellation, a bulk connection among it.
    func end() {
        let handlers = state.withLock { state in
            state.ended = true
            defer { state.handlers = [:] }
            return state.handlers
        }
        // Freed here, outside the lock: the last reference to a bulk connection shuts it down.
        _ = consume handlers
    }

    /// True for the one who may answer; every later one is told false.
    func claimAnswer() -> Bool {
        state.withLock { state in
            defer { state.answered = true }
            return !state.answered
        }
    }

    func error(_ reason: Cancellation) -> GantryError {
        switch reason {
        case .byClient: GantryError(.cancelled, "\(method.name): cancelled by the client")
        case .disconnected: GantryError(.cancelled, "\(method.name): the client disconnected")
        case .deadline: GantryError(.deadlineExceeded, "\(method.name): not answered in time")
        case .shutdown:
            GantryError(
                .unavailable, "\(method.name): the daemon shuts down; try again", details: ["shutdown": true])
        }
    }
}
