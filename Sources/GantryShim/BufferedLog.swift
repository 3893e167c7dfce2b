import GantrySystem

/// A log that never makes its container wait: entries stand in memory until a thread of their own has written them, and
/// those that find no room are lost and counted. Docker's `mode=non-blocking`.
final class BufferedLog: LogDriver {
    private struct Entry: Sendable {
        var line: [UInt8]
        var stderr: Bool
        var time: Int64
    }

    private struct State {
        var waiting = [Entry]()
        /// Bytes of the lines that wait.
        var size: Int64 = 0
        /// The thread has entries in its hands.
        var isWriting = false
        var isOver = false
        /// Found no room here.
        var refused: Int64 = 0
        /// Lost behind us.
        var lost: Int64 = 0
    }

    private let state = Monitor(State())
    private let limit: Int64

    /// - Parameter log: only the new thread touches it from now on.
    init(_ log: any LogDriver, limit: Int64) throws(Errno) {
        self.limit = limit
        let state = state
        let box = Box(log)
        try Threads.start("log") { Self.run(state, box.log) }
    }

    /// Hands the driver over to the thread.
    private final class Box: @unchecked Sendable {
        // SAFETY: who makes a buffered log has made the driver for it and keeps none; only the thread touches it.
        let log: any LogDriver
        init(_ log: any LogDriver) { self.log = log }
    }

    var dropped: Int64 { state.with { $0.refused + $0.lost } }

    func take(_ line: [UInt8], stderr: Bool, time: Int64) {
        state.with { state in
            if state.size + Int64(line.count) > limit, state.size > 0 {
                state.refused += 1
            } else {
                state.size += Int64(line.count)
                state.waiting.append(Entry(line: line, stderr: stderr, time: time))
            }
        }
    }

    func flush() { state.wakeAll() }

    /// Waits some seconds for what is in memory; what the disk has not taken by then is lost.
    func finish() {
        state.with { $0.isOver = true }
        state.wakeAll()
        let isDone = state.wait(milliseconds: Self.patience) { $0.waiting.isEmpty && !$0.isWriting ? true : nil }
        if isDone == nil { state.with { $0.refused += Int64($0.waiting.count) } }
    }

    private static let patience: Int64 = 5000

    private static func run(_ state: Monitor<State>, _ log: any LogDriver) {
        while true {
            let entries = state.wait { state -> [Entry]? in
                if state.waiting.isEmpty { return state.isOver ? [] : nil }
                state.isWriting = true
                defer { state.waiting = [] }
                return state.waiting
            }
            guard let entries, !entries.isEmpty else { return }
            for entry in entries { log.take(entry.line, stderr: entry.stderr, time: entry.time) }
            log.flush()
            state.with { state in
                // Room is made when it is out of our hands: what a slow disk holds up counts as well.
                state.size -= entries.reduce(0) { $0 + Int64($1.line.count) }
                state.isWriting = false
                state.lost = log.dropped
            }
            state.wakeAll()
        }
    }
}
