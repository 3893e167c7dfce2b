import GantryCore
import GantryModel
import GantrySystem

/// What a check works with: the store, random bytes, and short ways to do common things.
final class ContentBench {
    private(set) var subject: ContentSubject
    private let root: String
    private let open: @Sendable (String) throws -> ContentSubject

    init(root: String, open: @escaping @Sendable (String) throws -> ContentSubject) throws {
        self.root = root
        self.open = open
        subject = try open(root)
    }

    var content: any ContentStore { subject.content }

    /// Closes the store and opens it again over the same directory.
    func restart() throws {
        try subject.close()
        subject = try open(root)
    }

    /// Bytes that nobody has, and their digest.
    func bytes(_ count: Int = 256) -> (bytes: [UInt8], digest: Digest) {
        let bytes = File.random(min(count, 256))
        let all = (0..<count).map { bytes[$0 % bytes.count] ^ UInt8(truncatingIfNeeded: $0 / 256) }
        return (all, Digest.of(all))
    }

    /// A writer that expects exactly these bytes.
    func writer(_ ref: String, _ bytes: [UInt8]) throws -> any BlobWriter {
        try content.writer(ref, .init(digest: Digest.of(bytes), size: Int64(bytes.count)), lease: nil)
    }

    /// Fails unless the status says this.
    func check(_ status: IngestStatus, ref: String, offset: Int, total: Int?, expected: Digest?) throws {
        try requireEqual(status.ref, ref, "ref")
        try requireEqual(status.offset, Int64(offset), "offset of '\(ref)'")
        try requireEqual(status.total, total.map(Int64.init), "total of '\(ref)'")
        try requireEqual(status.expected, expected, "expected digest of '\(ref)'")
        try require(status.updated >= status.started, "'\(ref)' was updated before it was begun")
    }

    /// Fails unless the blob is there with exactly these bytes.
    func check(_ digest: Digest, holds bytes: [UInt8]) throws {
        try requireEqual(content.info(digest).size, Int64(bytes.count), "size of \(digest.short)")
        try require(content.bytes(digest, limit: 64 << 20) == bytes, "blob \(digest.short) has other bytes")
    }
}
