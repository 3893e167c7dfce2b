import GantrySystem

/// What a connection still has to send. Whoever has something to say writes it himself when nobody else is writing;
/// what does not fit the socket is left to the flusher. So no thread ever waits for a slow client, and answers that
/// come while one writes go out together in the next write.
///
/// ```
/// idle ──send──▶ writing ──all went──▶ idle (or again, with what came meanwhile)
///                   └───EAGAIN──▶ flushing ──drained──▶ idle        any ──error, close──▶ closed
/// ```
final class Outbox: Sendable {
    private struct State: Sendable {
        /// Somebody writes: a sender, or the flusher.
        var busy = false
        var closed = false
        var closesWhenDrained = false
        /// What is next on the wire, from `offset` on.
        var front: [UInt8] = []
        var offset = 0
        /// What comes behind it.
        var back: [UInt8] = []
        var waiters = 0
        var queued: Int { front.count - offset + back.count }
    }

    /// Beyond this many bytes the connection is closed: its reader stopped long before, so only calls already
    /// running can fill it, and nobody takes their answers.
    private static let hopeless = 256 << 20

    let descriptor: SharedDescriptor
    private let flusher: Flusher
    private let limit: Int
    private let state = Monitor(State())

    init(_ descriptor: SharedDescriptor, flusher: Flusher, limit: Int) {
        self.descriptor = descriptor
        self.flusher = flusher
        self.limit = limit
    }

    /// Sends, or queues behind what is being sent. Never blocks. Bytes for a closed connection are dropped.
    func send(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        let mine = state.with { state in
            if state.closed || state.closesWhenDrained { return false }
            if state.busy {
                if state.back.isEmpty { state.back = bytes } else { state.back += bytes }
                return false
            }
            state.busy = true
            return true
        }
        guard mine else {
            if state.with({ $0.queued > Self.hopeless }) { close() }
            return
        }
        switch write(bytes, from: 0) {
        case .drained: finish()
        case .blocked(let offset):
            state.with { state in
                state.front = bytes
                state.offset = offset
            }
            flusher.watch(self)
        case .failed: close()
        }
    }

    /// Waits until less than the limit is queued, or the connection is closed. False after `milliseconds`.
    func waitForRoom(milliseconds: Int64? = nil) -> Bool {
        let full = state.with { state in
            guard !state.closed, state.queued >= limit else { return false }
            state.waiters += 1
            return true
        }
        guard full else { return true }
        defer { state.with { $0.waiters -= 1 } }
        return state.wait(milliseconds: milliseconds) { $0.closed || $0.queued < limit / 2 ? true : nil } ?? false
    }

    /// Bytes that wait.
    var queued: Int { state.with { $0.queued } }

    /// Ends the connection at once, both ways. The descriptor itself lives until its last user lets go.
    func close() {
        let first = state.with { state in
            defer { state = State(busy: state.busy, closed: true, waiters: state.waiters) }
            return !state.closed
        }
        state.wakeAll()
        if first { UnixSocket.shutDown(descriptor.raw, .both) }
    }

    /// Ends the connection when everything queued has gone; takes nothing more.
    func closeWhenDrained() {
        let now = state.with { state in
            state.closesWhenDrained = true
            return !state.busy
        }
        if now { close() }
    }

    /// Waits until all has gone or the connection is closed; false after `milliseconds`.
    func waitUntilDrained(milliseconds: Int64) -> Bool {
        state.with { $0.waiters += 1 }
        defer { state.with { $0.waiters -= 1 } }
        return state.wait(milliseconds: milliseconds) { $0.closed || ($0.queued == 0 && !$0.busy) ? true : nil }
            ?? false
    }

    // MARK: The flusher's side

    /// Sends what fits now; true when there is nothing left to watch for.
    func flush() -> Bool {
        while true {
            let (bytes, offset): ([UInt8], Int) = state.with { ($0.front, $0.offset) }
            switch write(bytes, from: offset) {
            case .drained:
                guard finishRound() else { return true }
            case .blocked(let offset):
                let closed = state.with { state in
                    if !state.closed { state.offset = offset }
                    return state.closed
                }
                wakeWaiters()
                return closed
            case .failed:
                close()
                return true
            }
        }
    }

    // MARK: Writing

    private enum Outcome {
        case drained
        case blocked(Int)
        case failed
    }

    private func write(_ bytes: [UInt8], from start: Int) -> Outcome {
        bytes.withUnsafeBytes { buffer in
            var offset = start
            while offset < buffer.count {
                do throws(Errno) {
                    offset += try UnixSocket.sendNow(
                        descriptor.raw, UnsafeRawBufferPointer(rebasing: buffer[offset...]))
                } catch {
                    return error == .again ? .blocked(offset) : .failed
                }
            }
            return .drained
        }
    }

    /// After a sender's own write: goes on with what came meanwhile.
    private func finish() {
        guard finishRound() else { return }
        if !flush() { flusher.watch(self) }
    }

    /// Moves the back to the front; false, and idle, when there is none.
    private func finishRound() -> Bool {
        let (more, close, wake): (Bool, Bool, Bool) = state.with { state in
            state.offset = 0
            if state.back.isEmpty {
                state.front = []
                state.busy = false
                return (false, state.closesWhenDrained && !state.closed, state.waiters > 0)
            }
            state.front = state.back
            state.back = []
            return (true, false, state.waiters > 0)
        }
        if wake { state.wakeAll() }
        if close { self.close() }
        return more
    }

    private func wakeWaiters() {
        if state.with({ $0.waiters > 0 }) { state.wakeAll() }
    }
}
