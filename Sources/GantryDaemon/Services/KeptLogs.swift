import GantryRuntime
import GantrySystem
import Synchronization

/// Logs of containers that were removed soon after the daemon's start, held open for a while.
///
/// Who follows the log of a container with automatic removal while the daemon is restarted comes back when the container
/// may be gone: it ended meanwhile, and its exit was the first thing that this daemon recorded. What it wrote last is
/// still read from here.
final class KeptLogs: Sendable {
    private struct State {
        var logs = [TaskKey: LogFiles]()
        var isOver = false
    }

    private let state = Mutex(State())
    /// A restart with more short-lived containers than this is none that somebody follows the logs of.
    private static let most = 256
    /// Milliseconds: a client tries for 30 s to come back.
    private static let duration: Int64 = 60_000

    /// Begins to count the time; after it every log is let go, and none is kept any more.
    func startTime() throws(Errno) {
        try Threads.start("kept-logs") { [self] in
            Clock.sleep(milliseconds: Self.duration)
            let logs = state.withLock { state in
                state.isOver = true
                defer { state.logs = [:] }
                return state.logs
            }
            _ = consume logs
        }
    }

    /// Keeps the log at `path`, before it is removed. A container that wrote nothing has none.
    func keep(_ key: TaskKey, _ path: String) {
        guard state.withLock({ !$0.isOver && $0.logs.count < Self.most }), let log = try? LogFiles(path) else { return }
        state.withLock { if !$0.isOver { $0.logs[key] = log } }
    }

    subscript(_ key: TaskKey) -> LogFiles? { state.withLock { $0.logs[key] } }
}
