import GantrySystem

/// One thread that ends calls whose deadline has passed. It starts with the first deadline.
final class Deadlines: Sendable {
    private struct Entry: Sendable {
        let time: Int64
        weak var call: Call?
    }

    private struct State: Sendable {
        var entries: [Entry] = []
        var running = false
        var stopped = false
    }

    private let state = Monitor(State())

    /// Watches a call until it is gone.
    func add(_ call: Call) {
        guard let deadline = call.deadline else { return }
        let start = state.with { state in
            state.entries.append(Entry(time: deadline, call: call))
            defer { state.running = true }
            return !state.running && !state.stopped
        }
        state.wakeAll()
        guard start else { return }
        do throws(Errno) {
            try Threads.start("rpc-deadline") { [self] in run() }
        } catch {
            // The next deadline tries again; this one is kept.
            state.with { $0.running = false }
        }
    }

    func stop() {
        state.with { $0.stopped = true }
        state.wakeAll()
    }

    private func run() {
        while true {
            let count = state.with { $0.entries.count }
            let soonest = state.with { $0.entries.map(\.time).min() }
            let left = soonest.map { max(0, ($0 - Clock.monotonic + 999_999) / 1_000_000) }
            if left != 0 {
                _ = state.wait(milliseconds: left) { $0.stopped || $0.entries.count > count ? true : nil }
            }
            if state.with({ $0.stopped }) { return }
            let now = Clock.monotonic
            let due: [Call] = state.with { state in
                let calls = state.entries.filter { $0.time <= now }.compactMap(\.call)
                state.entries.removeAll { $0.time <= now || $0.call == nil }
                return calls
            }
            for call in due { call.connection.expire(call) }
        }
    }
}
