package import GantryCore
import GantryModel
import GantryWire

/// The unpacked side of a layer: bytes of the tar archive, in order.
protocol LayerStream: AnyObject {
    /// Fills the front of `target`; 0 at the end, where everything that follows in the source was checked too.
    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int
}

/// An archive that is not compressed.
final class PlainStream: LayerStream {
    private let source: SourceBuffer
    init(_ source: SourceBuffer) { self.source = source }
    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int { try source.read(into: target) }
}

/// An archive without its compression, if it has one, as a source.
package final class PlainArchive: ByteSource, @unchecked Sendable {
    // SAFETY: used from one thread, as every source.
    private let source: SourceBuffer
    private let name: String
    private var stream: (any LayerStream)?

    /// - Parameter name: what messages call it.
    package init(_ source: any ByteSource, name: String) {
        self.source = SourceBuffer(source, hashes: false)
        self.name = name
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let open = try stream ?? LayerCompression.open(source, mediaType: nil, name: name)
        stream = open
        return try open.read(into: buffer)
    }
}

/// Finds out how a layer is compressed.
enum LayerCompression {
    /// A stream over `source`, whatever its first bytes say it is; a media type that says otherwise is refused.
    static func open(_ source: SourceBuffer, mediaType: MediaType?, name: String) throws -> any LayerStream {
        try refuseForeign(source.peek(10), name)
        let magic = try source.peek(4)
        let found: MediaType.Compression
        if magic.count >= 2, magic[0] == 0x1f, magic[1] == 0x8b {
            found = .gzip
        } else if magic.elementsEqual([0x28, 0xb5, 0x2f, 0xfd]) || isSkippable(magic) {
            found = .zstd
        } else {
            found = .none
        }
        if let mediaType, case .layer(let said, _) = mediaType.kind, said != found {
            throw GantryError(
                .invalidArgument,
                "unpack \(name): media type '\(mediaType)' says \(word(said)), the bytes are \(word(found))")
        }
        switch found {
        case .none: return PlainStream(source)
        case .gzip: return GzipStream(source, name: name)
        case .zstd: return try ZstdStream(source, name: name)
        }
    }

    /// What other tools would unpack and we do not gets its name told, instead of being taken for a broken tar.
    private static func refuseForeign(_ head: UnsafeRawBufferPointer, _ name: String) throws(GantryError) {
        let known: [(word: String, magic: [UInt8])] = [
            ("xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]),
            // "BZh", the level, and the first block's magic number.
            ("bzip2", [0x42, 0x5a, 0x68, 0, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59]),
        ]
        for (word, magic) in known where head.count >= magic.count {
            guard zip(head, magic).allSatisfy({ $1 == 0 || $0 == $1 }) else { continue }
            throw GantryError(.unimplemented, "unpack \(name): \(word) is not supported; gzip and zstd are")
        }
    }

    /// A zstd stream may begin with frames that carry no data (RFC 8878, 3.1.2).
    private static func isSkippable(_ magic: UnsafeRawBufferPointer) -> Bool {
        magic.count == 4 && magic[0] & 0xf0 == 0x50 && magic[1] == 0x2a && magic[2] == 0x4d && magic[3] == 0x18
    }

    private static func word(_ compression: MediaType.Compression) -> String {
        switch compression {
        case .none: "not compressed"
        case .gzip: "gzip"
        case .zstd: "zstd"
        }
    }
}
