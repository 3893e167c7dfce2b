import GantryHost
import GantrySystem

extension Server {
    /// Ends the service in order: no new clients and calls; waits, streams and bulk calls are cancelled; changes that
    /// run are waited for, at most so long; then the connections are closed. Idempotent. True when all calls ended.
    @discardableResult
    package func shutDown(milliseconds: Int64) -> Bool {
        let connections = state.with { state in
            state.closing = true
            return Array(state.connections.values)
        }
        stopping.set()
        for connection in connections { connection.cancelWaits() }
        let end = Clock.monotonic + milliseconds * 1_000_000
        _ = state.wait(milliseconds: 1000) { $0.acceptors == 0 ? true : nil }
        let ended = state.wait(milliseconds: milliseconds) { $0.running == 0 ? true : nil } ?? false
        let left = max(10, (end - Clock.monotonic) / 1_000_000)
        for connection in state.with({ Array($0.connections.values) }) {
            _ = connection.outbox.waitUntilDrained(milliseconds: min(left, 1000))
            connection.outbox.close()
        }
        _ = state.wait(milliseconds: 1000) { $0.connections.isEmpty ? true : nil }
        waits.close(milliseconds: 100)
        deadlines.stop()
        flusher.stop()
        return ended
    }
}

/// A flag that threads can poll for; once set, it stays.
final class StopSignal: Sendable {
    private let wake: WakeUp

    init() throws(Errno) { wake = try WakeUp() }

    var raw: Int32 { wake.raw }
    func set() { wake.signal() }
}
