import GantrySystem

/// Work that is better done a moment later, on a thread that lives only while there is some.
///
/// What comes within the delay is done together with what was first, in order.
package final class DelayedWork: Sendable {
    private struct State {
        var pending: [@Sendable () -> Void] = []
        var isRunning = false
        var isClosed = false
    }

    private let name: String
    private let milliseconds: Int64
    private let state = Monitor(State())

    /// Takes the thread's name and the delay.
    package init(_ name: String, milliseconds: Int64) {
        self.name = name
        self.milliseconds = milliseconds
    }

    /// Has `work` done after the delay; at once, on this thread, when there is no thread to be had or after `close`.
    package func add(_ work: @escaping @Sendable () -> Void) {
        let starts: Bool? = state.with { state in
            if state.isClosed { return nil }
            state.pending.append(work)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard let starts else { return work() }
        guard starts else { return }
        do throws(Errno) { try Threads.start(name) { self.run() } } catch { run(delayed: false) }
    }

    private func run(delayed: Bool = true) {
        var delayed = delayed
        while true {
            if delayed { _ = state.wait(milliseconds: milliseconds) { $0.isClosed ? true : nil } }
            delayed = true
            for work in state.with({ state in
                defer { state.pending = [] }
                return state.pending
            }) { work() }
            let isDone = state.with { state in
                if state.pending.isEmpty { state.isRunning = false }
                return state.pending.isEmpty
            }
            if isDone { return state.wakeAll() }
        }
    }

    /// Does what is left now. Returns when it is done, or after `milliseconds`.
    package func close(milliseconds: Int64) {
        state.with { $0.isClosed = true }
        state.wakeAll()
        _ = state.wait(milliseconds: milliseconds) { $0.isRunning ? nil : true }
    }
}
