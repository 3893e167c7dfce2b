import GantrySystem

/// Bytes on their way to a descriptor that may take them in parts.
struct PendingBytes {
    private var bytes: [UInt8] = []
    private var done = 0

    var isEmpty: Bool { done == bytes.count }

    /// Replaces what waits.
    mutating func set(_ bytes: [UInt8]) {
        self.bytes = bytes
        done = 0
    }

    /// Adds behind what waits.
    mutating func append(_ more: [UInt8]) {
        if isEmpty { set(more) } else { bytes += more }
    }

    /// Offers what waits to `write`, `most` bytes at once, which says how much it took.
    mutating func drain(
        atMost most: Int, _ write: (UnsafeRawBufferPointer) throws(Errno) -> Int
    ) throws(Errno) {
        let start = done
        let end = bytes.count - done > most ? done + most : bytes.count
        var failure: Errno?
        var taken = 0
        bytes.withUnsafeBytes { all in
            do throws(Errno) {
                taken = try write(UnsafeRawBufferPointer(rebasing: all[start..<end]))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        done += taken
    }
}
