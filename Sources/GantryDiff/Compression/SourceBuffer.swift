import GantryCore
import GantryHost
import GantryModel

/// The compressed side of a layer: reads the source in pieces, counts and hashes what came.
///
/// Used from one thread.
final class SourceBuffer {
    private let source: any ByteSource
    private var hasher: DigestHasher?
    private let memory: UnsafeMutableRawBufferPointer
    /// What was read and not taken yet.
    private var start = 0
    private var end = 0
    private(set) var total: Int64 = 0
    private(set) var isAtEnd = false

    init(_ source: any ByteSource, hashes: Bool, capacity: Int = 256 << 10) {
        self.source = source
        hasher = hashes ? DigestHasher(.sha256) : nil
        memory = .allocate(byteCount: capacity, alignment: 4096)
    }

    deinit { memory.deallocate() }

    /// The bytes at hand; reads more when there are none. Empty at the end of the source only.
    func available() throws -> UnsafeRawBufferPointer {
        if start == end, !isAtEnd {
            start = 0
            end = try pull(into: memory)
        }
        return UnsafeRawBufferPointer(rebasing: memory[start..<end])
    }

    func take(_ count: Int) { start += count }

    /// Up to `count` bytes from the front without taking them; fewer only when the source has no more.
    func peek(_ count: Int) throws -> UnsafeRawBufferPointer {
        while end - start < count, !isAtEnd {
            end += try pull(into: UnsafeMutableRawBufferPointer(rebasing: memory[end...]))
        }
        return UnsafeRawBufferPointer(rebasing: memory[start..<min(end, start + count)])
    }

    /// Reads past the buffer, straight to where the bytes belong.
    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
        if start == end { return isAtEnd ? 0 : try pull(into: target) }
        let count = min(target.count, end - start)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[start..<start + count]))
        start += count
        return count
    }

    private func pull(into target: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try source.read(into: target)
        if count == 0 { isAtEnd = true }
        hasher?.update(UnsafeRawBufferPointer(rebasing: target[..<count]))
        total += Int64(count)
        return count
    }

    /// The digest of everything that was read, when asked for.
    func digest() -> Digest? {
        guard let hash = hasher?.current() else { return nil }
        return Digest(.sha256, hash: hash)
    }
}
