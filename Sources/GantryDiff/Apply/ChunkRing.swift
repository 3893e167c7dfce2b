import GantrySystem

/// Hands large chunks from the thread that inflates to the thread that writes, without copying.
///
/// Eight chunks of 1 MiB: enough that neither waits for the other's small delays, and no more memory than that.
final class ChunkRing: @unchecked Sendable {
    // SAFETY: the memory of chunk n belongs to the producer while `filled <= n`, to the consumer while
    // `taken <= n < filled`; both counters live in the monitor.
    private static let count = 8
    private static let size = 1 << 20

    private struct State {
        var filled = 0
        var taken = 0
        var lengths = [Int](repeating: 0, count: ChunkRing.count)
        var isEnded = false
        var isCancelled = false
    }

    private let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: ChunkRing.count * ChunkRing.size, alignment: 4096)
    private let state = Monitor<State>(State())

    deinit { memory.deallocate() }

    private func chunk(_ number: Int) -> UnsafeMutableRawBufferPointer {
        let start = number % ChunkRing.count * ChunkRing.size
        return UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + ChunkRing.size])
    }

    // MARK: producer

    /// A chunk to fill; nil when the consumer gave up.
    func empty() -> UnsafeMutableRawBufferPointer? {
        let number = state.wait { state -> Int? in
            if state.isCancelled { return -1 }
            return state.filled - state.taken < ChunkRing.count ? state.filled : nil
        }
        guard let number, number >= 0 else { return nil }
        return chunk(number)
    }

    /// Passes on the first `length` bytes of the chunk that `empty` gave.
    func fill(_ length: Int) {
        state.with { state in
            state.lengths[state.filled % ChunkRing.count] = length
            state.filled += 1
        }
        state.wakeAll()
    }

    /// Nothing more will come, be it the end or a failure.
    func end() {
        state.with { $0.isEnded = true }
        state.wakeAll()
    }

    // MARK: consumer

    /// The next chunk; nil at the end.
    func full() -> UnsafeRawBufferPointer? {
        let found = state.wait { state -> (Int, Int)? in
            if state.filled > state.taken { return (state.taken, state.lengths[state.taken % ChunkRing.count]) }
            return state.isEnded ? (-1, 0) : nil
        }
        guard let (number, length) = found, number >= 0 else { return nil }
        return UnsafeRawBufferPointer(rebasing: chunk(number)[..<length])
    }

    /// Gives the chunk of `full` back.
    func release() {
        state.with { $0.taken += 1 }
        state.wakeAll()
    }

    /// Tells the producer to stop.
    func cancel() {
        state.with { $0.isCancelled = true }
        state.wakeAll()
    }
}
