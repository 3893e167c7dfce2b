import GantryCore
import GantryModel
import GantrySystem
import Synchronization

/// Runs a collector on a thread of its own: soon after something became a candidate, when a lease expires, every minute.
///
///     start ──▶ waiting ──kick, expiry, minute──▶ running ──▶ waiting ──▶ … ──stop──▶ ended
package final class CollectorLoop: Sendable {
    private struct State {
        var isKicked = true
        var isStopping = false
        var isRunning = false
    }

    /// What becomes a candidate within this time is collected together, and not in the middle of a burst of work.
    private static let rest: Int64 = 50

    private let collector: Collector
    private let state = Monitor(State())
    private let report: @Sendable (Result<CollectorReport, any Error>) -> Void

    /// Takes a collector, and who hears of each run that did or failed something; it is called on the loop's thread.
    package init(
        _ collector: Collector, report: @escaping @Sendable (Result<CollectorReport, any Error>) -> Void = { _ in }
    ) {
        self.collector = collector
        self.report = report
    }

    /// Starts the thread; the first run begins at once and takes up what the last process left.
    package func start() throws {
        let isNew = state.with { state in
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard isNew else { return }
        collector.notify { [weak self] in self?.kick() }
        do {
            try describing("start the collector") { () throws(Errno) in
                try Threads.start("collector", stack: 512 << 10) { [self] in run() }
            }
        } catch {
            state.with { $0.isRunning = false }
            throw error
        }
    }

    /// Asks for a run; costs nothing and does not wait.
    package func kick() {
        state.with { $0.isKicked = true }
        state.wakeAll()
    }

    /// Ends the thread and waits for it; a run that is under way finishes its batch.
    package func stop() {
        state.with { $0.isStopping = true }
        state.wakeAll()
        _ = state.wait { $0.isRunning ? nil : true }
    }

    private func run() {
        while true {
            let isStopping = state.wait(milliseconds: pause()) { state -> Bool? in
                if state.isStopping { return true }
                guard state.isKicked else { return nil }
                state.isKicked = false
                return false
            }
            if isStopping == true { break }
            if isStopping == false { Clock.sleep(milliseconds: Self.rest) }
            work()
        }
        state.with { $0.isRunning = false }
        state.wakeAll()
    }

    private func work() {
        do {
            while true {
                let result = try collector.runOnce()
                if result != CollectorReport() { report(.success(result)) }
                if !result.hasMore || state.with({ $0.isStopping }) { return }
            }
        } catch {
            report(.failure(error))
        }
    }

    /// Until the next lease expires, 10 ms to a minute.
    private func pause() -> Int64 {
        guard let expiry = try? collector.nextExpiry() else { return 60_000 }
        return min(60_000, max(10, (expiry.nanoseconds - Clock.realtime) / 1_000_000 + 1))
    }
}
