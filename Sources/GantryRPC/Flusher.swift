import GantrySystem
import Synchronization

/// One thread that waits for slow clients so that nobody else has to: it sends what did not fit their sockets.
final class Flusher: Sendable {
    private struct State {
        var boxes: [UInt64: Outbox] = [:]
        var next: UInt64 = 1
        var stopped = false
    }

    private let epoll: Epoll
    private let wake: WakeUp
    private let state = Mutex(State())

    init() throws(Errno) {
        epoll = try Epoll()
        wake = try WakeUp()
        try epoll.add(wake.raw, tag: 0)
        try Threads.start("rpc-flush") { [self] in run() }
    }

    /// Sends the rest of this outbox, which stays busy meanwhile, as its socket takes it.
    func watch(_ box: Outbox) {
        let tag: UInt64? = state.withLock { state in
            guard !state.stopped else { return nil }
            state.next += 1
            state.boxes[state.next] = box
            return state.next
        }
        guard let tag else { return box.close() }
        do throws(Errno) {
            try epoll.add(box.descriptor.raw, Epoll.writable, tag: tag)
        } catch {
            state.withLock { $0.boxes[tag] = nil }
            box.close()
        }
    }

    /// Ends the thread; what was not sent is not.
    func stop() {
        state.withLock { $0.stopped = true }
        wake.signal()
    }

    private func run() {
        while true {
            guard let ready = try? epoll.wait() else { return }
            for tag in ready where tag != 0 { serve(tag) }
            let left: [Outbox]? = state.withLock { state in
                guard state.stopped else { return nil }
                defer { state.boxes = [:] }
                return Array(state.boxes.values)
            }
            if let left {
                for box in left { box.close() }
                return
            }
        }
    }

    private func serve(_ tag: UInt64) {
        guard let box = state.withLock({ $0.boxes[tag] }) else { return }
        // Taken off before it is flushed: a flush that drains makes the outbox idle, and the next sender may have to
        // watch it again at once, under a tag of its own.
        try? epoll.remove(box.descriptor.raw)
        _ = state.withLock { $0.boxes.removeValue(forKey: tag) }
        if !box.flush() { watch(box) }
    }
}
