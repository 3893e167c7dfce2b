package import GantrySystem
import Synchronization

/// A bounded, named set of threads for jobs that block: disk, SQLite, mounts, processes.
///
/// Threads start when they are needed, up to the bound, and leave after ten idle seconds. What finds no free thread
/// waits in a queue that is bounded too; a job that waits there can still be cancelled.
///
/// ```swift
/// let pool = BlockingPool("disk", threads: 16, queue: 1024)
/// let ticket = try pool.submit { try? tree.remove() }
/// ticket.cancel()          // true: it had not begun, and never will
/// ```
package final class BlockingPool: Sendable {
    /// Why a job was not taken.
    package enum Refusal: Error, Sendable, Equatable {
        /// All threads are busy and the queue is full.
        case full
        case closed
        /// The kernel gave no thread, and none is running that could do it.
        case noThread(Errno)
    }

    private struct State: Sendable {
        var queue: [Ticket] = []
        var threads = 0
        /// Threads that wait for a job.
        var idle = 0
        /// Threads that were started and have not yet come for theirs.
        var starting = 0
        var closed = false
    }

    package let name: String
    private let limits: (threads: Int, queue: Int)
    private let stack: Int
    private let idleMilliseconds: Int64
    private let state = Monitor(State())

    /// `stack` is bytes a thread; only what is touched becomes memory.
    package init(_ name: String, threads: Int, queue: Int, stack: Int = 512 << 10, idleMilliseconds: Int64 = 10_000) {
        precondition(threads > 0 && queue >= 0, "a pool needs a thread")
        self.name = name
        self.limits = (threads, queue)
        self.stack = stack
        self.idleMilliseconds = idleMilliseconds
    }

    /// How many threads live, and how many jobs wait for one.
    package var load: (threads: Int, queued: Int) { state.with { ($0.threads, $0.queue.count) } }

    /// Hands over a job. It must not throw: who wants its result carries it out by himself.
    /// Cost: a lock and a wake-up; about 30 µs when a thread has to be started.
    @discardableResult
    package func submit(_ job: @escaping @Sendable () -> Void) throws(Refusal) -> Ticket {
        let ticket = Ticket(job, pool: self)
        let needsThread: Bool = try state.with { state throws(Refusal) in
            if state.closed { throw .closed }
            if state.idle + state.starting > state.queue.count {
                state.queue.append(ticket)
                return false
            }
            if state.threads < limits.threads {
                state.queue.append(ticket)
                state.threads += 1
                state.starting += 1
                return true
            }
            guard state.queue.count < limits.queue + state.idle + state.starting else { throw .full }
            state.queue.append(ticket)
            return false
        }
        guard needsThread else {
            state.wakeOne()
            return ticket
        }
        do throws(Errno) {
            try Threads.start(name, stack: stack) { [self] in work() }
        } catch {
            // Another thread will come to it, if there is one.
            let alone = state.with { state in
                state.threads -= 1
                state.starting -= 1
                if state.threads == 0 { state.queue.removeAll { $0 === ticket } }
                return state.threads == 0
            }
            if alone { throw .noThread(error) }
        }
        return ticket
    }

    /// Runs a job on the pool and waits for it; its error comes back. Never call it on a thread of the same pool.
    package func run<Result: Sendable>(_ job: @escaping @Sendable () throws -> Result) throws -> Result {
        let done = Monitor<Swift.Result<Result, any Error>?>(nil)
        try submit {
            let result = Swift.Result { try job() }
            done.with { $0 = result }
            done.wakeAll()
        }
        return try done.wait { $0 }!.get()
    }

    /// Takes no more jobs; those that were taken are done. Returns when they are, or after `milliseconds`.
    @discardableResult
    package func close(milliseconds: Int64? = nil) -> Bool {
        state.with { $0.closed = true }
        state.wakeAll()
        return state.wait(milliseconds: milliseconds) { $0.threads == 0 ? true : nil } ?? false
    }

    private func work() {
        state.with { $0.starting -= 1 }
        while let ticket = nextTicket() { ticket.perform() }
    }

    /// The next job; nil when the thread should leave, and is then counted out already.
    private func nextTicket() -> Ticket? {
        state.with { $0.idle += 1 }
        let next: Ticket?? = state.wait(milliseconds: idleMilliseconds) { state in
            if !state.queue.isEmpty {
                state.idle -= 1
                return .some(state.queue.removeFirst())
            }
            return state.closed ? .some(nil) : nil
        }
        if case .some(.some(let ticket)) = next { return ticket }
        let late: Ticket? = state.with { state in
            state.idle -= 1
            // A job may have come between the time-out and here, counting on this thread.
            if !state.queue.isEmpty { return state.queue.removeFirst() }
            state.threads -= 1
            return nil
        }
        if late == nil { state.wakeAll() }
        return late
    }

    fileprivate func forget(_ ticket: Ticket) {
        state.with { $0.queue.removeAll { $0 === ticket } }
    }
}

extension BlockingPool {
    /// A job that was handed over.
    package final class Ticket: Sendable {
        private let job: Mutex<(@Sendable () -> Void)?>
        private let pool: BlockingPool

        fileprivate init(_ job: @escaping @Sendable () -> Void, pool: BlockingPool) {
            self.job = Mutex(job)
            self.pool = pool
        }

        /// True when the job had not begun: it never will. False when it runs or ran.
        @discardableResult
        package func cancel() -> Bool {
            guard take() != nil else { return false }
            pool.forget(self)
            return true
        }

        fileprivate func perform() { take()?() }

        private func take() -> (@Sendable () -> Void)? {
            job.withLock { job in
                defer { job = nil }
                return job
            }
        }
    }
}
