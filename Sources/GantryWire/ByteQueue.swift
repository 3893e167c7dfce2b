/// Bytes that come in at one end and are taken from the other, in one piece of memory.
///
/// It moves what remains to the front only when room is short, and gives memory back once a large message is gone.
struct ByteQueue: Sendable {
    private static let kept = 64 << 10
    private var storage: [UInt8] = []
    private var head = 0
    private var tail = 0

    var count: Int { tail - head }

    mutating func append(_ bytes: [UInt8]) {
        makeRoom(bytes.count)
        bytes.withUnsafeBufferPointer { source in
            storage.withUnsafeMutableBufferPointer { target in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                (to + tail).update(from: from, count: source.count)
            }
        }
        tail += bytes.count
    }

    mutating func fill<E: Error>(
        atLeast room: Int, _ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) -> Int {
        makeRoom(room)
        // Typed throws do not pass through withUnsafeMutableBytes in every mode: carry a Result.
        let start = tail
        let result: Result<Int, E> = storage.withUnsafeMutableBytes { bytes in
            do throws(E) {
                return .success(try body(UnsafeMutableRawBufferPointer(rebasing: bytes[start...])))
            } catch { return .failure(error) }
        }
        let count = try result.get()
        precondition(count >= 0 && tail + count <= storage.count, "fill wrote beyond its room")
        tail += count
        return count
    }

    func withBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        storage.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[head..<tail])) }
    }

    mutating func drop(_ count: Int) {
        head += count
        guard head == tail else { return }
        head = 0
        tail = 0
        if storage.count > Self.kept { storage = [] }
    }

    private mutating func makeRoom(_ room: Int) {
        if storage.count - tail >= room { return }
        if head > 0 {
            let start = head
            let length = count
            storage.withUnsafeMutableBufferPointer { bytes in
                guard let base = bytes.baseAddress else { return }
                base.update(from: base + start, count: length)
            }
            head = 0
            tail = length
        }
        let missing = room - (storage.count - tail)
        // Doubling keeps the copying linear in what arrives.
        if missing > 0 { storage.append(contentsOf: repeatElement(0, count: max(missing, storage.count))) }
    }
}
