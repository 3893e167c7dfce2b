import GantryCore

/// A stored blob as a stream of bytes.
final class BlobSource: ByteSource, @unchecked Sendable {
    // SAFETY: a source is used from one thread at a time (see `ByteSource`), so `offset` has one user.
    private let blob: BlobReader
    private var offset: Int64 = 0

    init(_ blob: BlobReader) { self.blob = blob }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try blob.read(into: buffer, at: offset)
        offset += Int64(count)
        return count
    }
}
