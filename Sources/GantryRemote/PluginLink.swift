import GantryClient
package import GantryModel
import GantrySystem
package import GantryWire

/// The way to one plugin: connections, deadlines, and the breaker.
///
/// A plugin that is wedged costs its callers the deadline a few times and then nothing, and never takes more than
/// `most` threads: what does not use it goes on as before. An answer that comes after its deadline is read by nobody, as its
/// connection is closed.
///
/// Any thread may call. A call that is alone costs one round trip over a connection that is there already.
package final class PluginLink: Sendable {
    /// How patient callers are.
    package struct Patience: Sendable, Equatable {
        /// Milliseconds for a whole call, waiting for a turn included.
        package var deadline: Int64
        /// Failures in a row that quarantine it.
        package var failures: Int
        /// Calls at once.
        package var most: Int

        package init(deadline: Int64 = 10_000, failures: Int = 3, most: Int = 16) {
            self.deadline = deadline
            self.failures = failures
            self.most = most
        }
    }

    /// How it is, and how it was.
    package struct Health: Sendable {
        package var calls: Int64 = 0
        package var failures: Int64 = 0
        package var breaker: Breaker
    }

    /// Connections that nobody uses.
    private struct Idle: @unchecked Sendable {
        // SAFETY: a client is taken out of `State.idle` under the lock before it is used, and put back after it: one thread
        // at a time has it.
        let client: Client
    }

    private struct State {
        var health: Health
        var idle: [Idle] = []
        var busy = 0
        /// When the calls that are under way began, by their number: how well it answers now.
        var begun: [Int64: Int64] = [:]
        var lastNumber: Int64 = 0
        /// Counts up when all connections are to be given up; those of an older age are not kept.
        var age = 0
        var isClosed = false
    }

    /// `kind/name`, for messages.
    package let id: String
    /// Where it listens.
    package let socket: String
    package let patience: Patience
    /// Called, on the thread of the call that failed, when the plugin has just been quarantined.
    private let onQuarantine: @Sendable () -> Void
    private let state: Monitor<State>
    /// A call that has taken so long means that the plugin is slow: others do not queue behind it.
    private static let slow: Int64 = 1_000_000_000

    package init(
        _ id: String, socket: String, patience: Patience = Patience(),
        onQuarantine: @escaping @Sendable () -> Void = {}
    ) {
        self.id = id
        self.socket = socket
        self.patience = patience
        self.onQuarantine = onQuarantine
        state = Monitor(State(health: Health(breaker: Breaker(threshold: patience.failures))))
    }

    package var health: Health { state.with { $0.health } }

    /// Calls a method and reads its answer.
    ///
    /// - Parameter read: makes a value of the result; what it throws means that the answer makes no sense.
    /// - Throws: what the plugin answers; `.unavailable` when it is quarantined, not there, or busy; `.deadlineExceeded`;
    ///   `.internal` when it answers nonsense.
    package func call<Value>(
        _ method: String, _ params: JSONObject = [:], read: (JSON) throws -> Value
    ) throws(GantryError) -> Value {
        try attempt(method) { (client) throws in
            try Self.sensible(Self.send(client, method, params, self.patience.deadline), read)
        }
    }

    /// Calls a method that streams, and answers when it has ended. It may send all at once, and pass `$/grant` over.
    package func items<Value>(
        _ method: String, _ params: JSONObject = [:], read: (JSON) throws -> Value
    ) throws(GantryError) -> [Value] {
        try attempt(method) { (client) throws in
            var values: [Value] = []
            try client.stream(method, params) { values.append(try Self.sensible($0, read)) }
            return values
        }
    }

    /// Calls a method that sends bytes; `body` reads them from the descriptor to their end.
    package func bulk(
        _ method: String, _ params: JSONObject = [:], body: (Int32) throws -> Void
    ) throws(GantryError) -> JSON {
        try attempt(method) { (client) throws in
            try client.bulk(method, params) { (descriptor) throws in
                // The deadline is for each step here: how long all of it takes is a matter of the bytes.
                try UnixSocket.setReceiveTimeout(descriptor, milliseconds: self.patience.deadline)
                try body(descriptor)
                client.deadline = Clock.monotonic + self.patience.deadline * 1_000_000
            }
        }
    }

    /// Asks whether it answers, past the quarantine, and ends that when it does.
    ///
    /// - Parameters:
    ///   - milliseconds: its deadline.
    ///   - isExpected: that nobody listens is no fault: the plugin has just been started.
    /// - Throws: why it does not.
    package func probe<Value>(
        _ method: String, milliseconds: Int64, isExpected: Bool = false, read: (JSON) throws -> Value
    ) throws(GantryError) -> Value {
        do {
            let client = try Client(path: socket, deadline: Clock.monotonic + milliseconds * 1_000_000)
            let value = try Self.sensible(Self.send(client, method, [:], milliseconds), read)
            state.with { $0.health.breaker.probed(at: Clock.realtime) }
            return value
        } catch {
            let failure = described(error, method, milliseconds)
            if isExpected, failure.code == .unavailable { throw failure }
            state.with { _ = $0.health.breaker.failed(failure.description, at: Clock.realtime, probe: true) }
            throw failure
        }
    }

    /// Gives up the connections that are there: the plugin is another process now, with a clean record.
    package func reconnect() {
        state.with { state in
            state.health.breaker.reset()
            state.age += 1
            state.idle = []
        }
    }

    /// No call is made from now on; those under way end by themselves.
    package func close() {
        state.with { state in
            state.isClosed = true
            state.age += 1
            state.idle = []
        }
        state.wakeAll()
    }

    // MARK: one call

    private static func send(
        _ client: Client, _ method: String, _ params: JSONObject, _ deadline: Int64
    ) throws(GantryError) -> JSON {
        var params = params
        params["deadlineMs"] = .int(deadline)
        return try client.call(method, params)
    }

    private static func sensible<Value>(_ answer: JSON, _ read: (JSON) throws -> Value) throws(Nonsense) -> Value {
        do { return try read(answer) } catch let error as Nonsense { throw error } catch {
            throw Nonsense("\(error)")
        }
    }

    private func attempt<Value>(
        _ method: String, _ body: (Client) throws -> Value
    ) throws(GantryError) -> Value {
        let deadline = Clock.monotonic + patience.deadline * 1_000_000
        let (number, age) = try takeTurn(method, until: deadline)
        var client: Client?
        defer { giveBack(number, age, client) }
        do {
            let taken = try connection(until: deadline)
            client = taken
            let value = try body(taken)
            state.with { $0.health.breaker.succeeded() }
            return value
        } catch {
            let answered = client.map { !$0.isBroken } ?? false
            if answered, let error = error as? GantryError, error.code != .deadlineExceeded {
                // The plugin answered, and what it says is its answer.
                state.with { $0.health.breaker.succeeded() }
                throw error
            }
            let failure = described(error, method, patience.deadline)
            client = nil
            note(failure)
            throw failure
        }
    }

    private func takeTurn(_ method: String, until deadline: Int64) throws(GantryError) -> (number: Int64, age: Int) {
        let turn = state.wait(milliseconds: max(1, (deadline - Clock.monotonic) / 1_000_000)) {
            state -> Result<(Int64, Int), GantryError>? in
            if state.isClosed { return .failure(refused(method, "it was taken out")) }
            if state.health.breaker.isOpen {
                let why = state.health.breaker.lastError ?? "it did not answer"
                return .failure(refused(method, "it is quarantined: \(why)"))
            }
            let now = Clock.monotonic
            if state.busy >= patience.most {
                let oldest = state.begun.values.min() ?? now
                guard now - oldest > Self.slow else { return nil }
                return .failure(refused(method, "it is slow, and \(state.busy) calls wait for it already"))
            }
            state.busy += 1
            state.lastNumber += 1
            state.begun[state.lastNumber] = now
            state.health.calls += 1
            return .success((state.lastNumber, state.age))
        }
        guard let turn else { throw refused(method, "it is busy: no turn in \(Self.words(patience.deadline))") }
        return try turn.get()
    }

    private func connection(until deadline: Int64) throws(GantryError) -> Client {
        while let idle = state.with({ $0.idle.popLast() }) {
            guard idle.client.isIdle else { continue }
            idle.client.deadline = deadline
            return idle.client
        }
        return try Client(path: socket, deadline: deadline)
    }

    private func giveBack(_ number: Int64, _ age: Int, _ client: Client?) {
        let kept = client.flatMap { $0.isBroken ? nil : Idle(client: $0) }
        state.with { state in
            state.busy -= 1
            state.begun[number] = nil
            if let kept, state.age == age { state.idle.append(kept) }
        }
        state.wakeAll()
    }

    private func note(_ failure: GantryError) {
        let hasOpened = state.with { state -> Bool in
            state.health.failures += 1
            return state.health.breaker.failed(failure.description, at: Clock.realtime)
        }
        guard hasOpened else { return }
        state.wakeAll()
        onQuarantine()
    }

    private func refused(_ method: String, _ reason: String) -> GantryError {
        GantryError(.unavailable, "call '\(method)' of plugin '\(id)': \(reason)")
    }

    /// Every way in which it fails, in words that name the plugin.
    private func described(_ error: any Error, _ method: String, _ milliseconds: Int64) -> GantryError {
        let operation = "call '\(method)' of plugin '\(id)'"
        if let error = error as? Nonsense {
            return GantryError(.internal, "\(operation): its answer makes no sense: \(error.reason)")
        }
        guard let error = error as? GantryError else { return GantryError(.internal, "\(operation): \(error)") }
        switch error.code {
        case .deadlineExceeded:
            return GantryError(.deadlineExceeded, "\(operation): no answer in \(Self.words(milliseconds))")
        case .unavailable where error.isDaemonAway:
            return GantryError(.unavailable, "\(operation): it closed the connection", cause: error.cause)
        default: return GantryError(error.code, "\(operation): \(error.message)", cause: error.cause)
        }
    }

    private static func words(_ milliseconds: Int64) -> String {
        milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
    }
}

/// An answer that is JSON and not what the method answers.
package struct Nonsense: Error {
    package var reason: String

    package init(_ reason: String) { self.reason = reason }
}
