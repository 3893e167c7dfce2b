internal import CLinux

/// Plain threads: everything that blocks runs on one of these, never on Swift's cooperative pool.
package enum Threads {
    /// Starts a detached thread. `stack` in bytes; EAGAIN when there can be no more. All signals are blocked on it.
    package static func start(
        _ name: String, stack: Int = 256 << 10, _ body: @escaping @Sendable () -> Void
    ) throws(Errno) {
        let box = Unmanaged.passRetained(Body(body))
        let result = cl_thread_start(
            stack, name,
            { raw in
                let body = Unmanaged<Body>.fromOpaque(raw!).takeRetainedValue()
                body.run()
            }, box.toOpaque())
        if result < 0 { box.release() }
        try check(result)
    }

    /// Runs `body` on a thread of its own and waits for it: for what changes a thread for ever, such as another mount
    /// namespace.
    /// - Throws: what `body` throws; EAGAIN when there can be no more threads.
    package static func run<Result: Sendable>(
        _ name: String, stack: Int = 256 << 10, _ body: @escaping @Sendable () throws -> Result
    ) throws -> Result {
        let outcome = Monitor<Swift.Result<Result, any Error>?>(nil)
        try start(name, stack: stack) {
            let result = Swift.Result { try body() }
            outcome.with { $0 = result }
            outcome.wakeAll()
        }
        guard let result = outcome.wait(until: { $0 }) else { throw Errno.again }
        return try result.get()
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}

/// A lock with a condition over some state: what `Synchronization.Mutex` cannot do is wait.
///
/// `wait` inside the closure gives the lock up until another thread has called `wakeAll` or `wakeOne`.
package final class Monitor<State>: @unchecked Sendable {
    // SAFETY: `state` is touched only between lock and unlock of `raw`; `raw` is made once and freed with this object.
    private let raw: OpaquePointer
    private var state: State

    package init(_ state: consuming sending State) {
        self.state = state
        raw = cl_monitor_create()
    }

    deinit { cl_monitor_destroy(raw) }

    package func with<Result, Failure: Error>(_ body: (inout State) throws(Failure) -> Result) throws(Failure) -> Result
    {
        cl_monitor_lock(raw)
        defer { cl_monitor_unlock(raw) }
        return try body(&state)
    }

    /// Waits until `body` gives a value. nil after `milliseconds` without one (for ever when nil).
    package func wait<Result>(milliseconds: Int64? = nil, until body: (inout State) -> Result?) -> Result? {
        let end = milliseconds.map { Clock.monotonic + $0 * 1_000_000 }
        cl_monitor_lock(raw)
        defer { cl_monitor_unlock(raw) }
        while true {
            if let result = body(&state) { return result }
            guard let end else {
                cl_monitor_wait(raw)
                continue
            }
            let left = end - Clock.monotonic
            if left <= 0 { return nil }
            _ = cl_monitor_wait_for(raw, left)
        }
    }

    package func wakeAll() { cl_monitor_broadcast(raw) }
    package func wakeOne() { cl_monitor_signal(raw) }
}
