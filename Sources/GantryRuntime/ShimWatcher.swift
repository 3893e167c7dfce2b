import GantrySystem
import Synchronization

/// Waits for the end of every shim with one thread: a shim is no child after a restart of the daemon, so what counts is
/// its pidfd.
final class ShimWatcher: Sendable {
    private struct Watched {
        var key: TaskKey
        var shim: SharedDescriptor
        var isChild: Bool
    }

    private let epoll: Epoll
    private let watched = Mutex<[UInt64: Watched]>([:])
    private let next = Atomic<UInt64>(1)
    private let ended: @Sendable (TaskKey) -> Void

    /// `ended` is called on the watching thread; it must hand long work on.
    init(ended: @escaping @Sendable (TaskKey) -> Void) throws(Errno) {
        epoll = try Epoll()
        self.ended = ended
        try Threads.start("shim-watcher") { [self] in run() }
    }

    func watch(_ key: TaskKey, _ shim: SharedDescriptor, isChild: Bool) throws(Errno) {
        let tag = next.add(1, ordering: .relaxed).oldValue
        watched.withLock { $0[tag] = Watched(key: key, shim: shim, isChild: isChild) }
        do throws(Errno) {
            try epoll.add(shim.raw, tag: tag)
        } catch {
            _ = watched.withLock { $0.removeValue(forKey: tag) }
            throw error
        }
    }

    private func run() {
        while true {
            guard let tags = try? epoll.wait() else { return }
            for tag in tags {
                guard let entry = watched.withLock({ $0.removeValue(forKey: tag) }) else { continue }
                try? epoll.remove(entry.shim.raw)
                if entry.isChild { _ = try? Processes.reap(pidfd: entry.shim.raw) }
                ended(entry.key)
            }
        }
    }
}
