package import GantryModel
package import GantrySystem
import GantryWire

/// An open blob. Reads do not move anything: many may share one reader.
package final class BlobReader: Sendable {
    /// Which blob.
    package let digest: Digest
    /// Length in bytes.
    package let size: Int64
    private let file: SharedDescriptor

    /// Takes over a descriptor that is open for reading.
    package init(digest: Digest, size: Int64, file: consuming OwnedDescriptor) {
        self.digest = digest
        self.size = size
        self.file = SharedDescriptor(file)
    }

    /// The descriptor, for pread, sendfile and the like; valid as long as this object.
    package var descriptor: Int32 { file.raw }

    /// Fills the buffer from `offset` on, less only at the end of the blob.
    /// - Returns: the count of bytes; 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(GantryError) -> Int {
        try describing("read blob '\(digest)'") { () throws(Errno) in
            var done = 0
            while done < buffer.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                let count = try File.read(descriptor, into: rest, at: offset + Int64(done))
                if count == 0 { break }
                done += count
            }
            return done
        }
    }

    /// Up to `count` bytes from `offset` on, fewer only at the end of the blob.
    package func bytes(at offset: Int64 = 0, count: Int) throws(GantryError) -> [UInt8] {
        let wanted = max(0, Int(min(Int64(count), size - offset)))
        var bytes = [UInt8](repeating: 0, count: wanted)
        var failure: GantryError?
        bytes.withUnsafeMutableBytes { buffer in
            do throws(GantryError) {
                let read = try self.read(into: buffer, at: offset)
                if read < wanted {
                    failure = GantryError(
                        .dataLoss, "read blob '\(digest)': it ends after \(offset + Int64(read)) of \(size) bytes")
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }
}

extension ContentStore {
    /// All bytes of a small blob, a manifest say.
    /// - Throws: `.notFound`; `.resourceExhausted` when it has more than `limit` bytes.
    package func bytes(_ digest: Digest, limit: Int = 4 << 20) throws -> [UInt8] {
        let reader = try reader(digest)
        guard reader.size <= Int64(limit) else {
            throw GantryError(
                .resourceExhausted,
                "read blob '\(digest)': its \(reader.size) bytes are more than the limit of \(limit)")
        }
        return try reader.bytes(count: Int(reader.size))
    }
}
