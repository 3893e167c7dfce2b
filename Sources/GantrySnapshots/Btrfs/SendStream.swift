import GantrySystem

/// One command of a send stream, as far as names are concerned.
enum SendCommand: Equatable {
    /// A file, directory, link, device, fifo or socket comes to be at a path.
    case make([UInt8])
    case rename([UInt8], to: [UInt8])
    /// A hard link.
    case link([UInt8], to: [UInt8])
    /// A file or an empty directory goes.
    case remove([UInt8])
    /// Content, owner, mode, times or attributes of what is at a path change.
    case touch([UInt8])
}

/// Reads the stream of commands that makes one subvolume out of another.
///
/// A header of a magic word and the version; then commands, each with the length of its attributes, its number and a
/// checksum (of no use here: the kernel wrote it into memory), and attributes of type, length and value. All numbers are
/// little-endian. Paths are relative to the top, which is the empty path, and as they are when their command's turn comes.
///
/// Source: Linux, `fs/btrfs/send.h`, protocol version 1; btrfs.readthedocs.io, "Send stream format".
struct SendStream {
    /// Commands of version 1 have at most 64 KiB.
    private static let largest = 64 << 10
    private static let magic = Array("btrfs-stream\0".utf8)

    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var at = 0

    /// Reads from the descriptor's present offset.
    /// - Throws: `.invalid` when it is no stream, or one of another version.
    init(_ descriptor: Int32) throws(Errno) {
        self.descriptor = descriptor
        guard try fill(Self.magic.count + 4) else { throw .invalid }
        guard buffer.starts(with: Self.magic), number(Self.magic.count, bytes: 4) == 1 else { throw .invalid }
        at = Self.magic.count + 4
    }

    /// The next command that is about a name; nil at the end.
    /// - Throws: `.invalid` when the stream breaks off or is garbage.
    mutating func next() throws(Errno) -> SendCommand? {
        while true {
            guard try fill(10) else { throw .invalid }
            let length = number(at, bytes: 4)
            let kind = number(at + 4, bytes: 2)
            guard length <= Self.largest, try fill(10 + length) else { throw .invalid }
            let attributes = try Attributes(buffer[(at + 10)..<(at + 10 + length)])
            at += 10 + length
            switch kind {
            case 1, 2: continue
            case 3...8: return .make(try attributes.path)
            case 9: return .rename(try attributes.path, to: try attributes.target)
            case 10: return .link(try attributes.path, to: try attributes.link)
            case 11, 12: return .remove(try attributes.path)
            case 13...20, 22: return .touch(try attributes.path)
            case 21: return nil
            default: throw .invalid
            }
        }
    }

    /// Has so many bytes ready from `at` on; false when the stream ends before.
    private mutating func fill(_ count: Int) throws(Errno) -> Bool {
        while buffer.count - at < count {
            buffer.removeFirst(at)
            at = 0
            var chunk = [UInt8](repeating: 0, count: Self.largest)
            let read = try File.readChunk(descriptor, &chunk)
            if read == 0 { return false }
            buffer += chunk[..<read]
        }
        return true
    }

    private func number(_ offset: Int, bytes: Int) -> Int {
        (0..<bytes).reduce(0) { $0 | Int(buffer[offset + $1]) << ($1 * 8) }
    }

    /// The attributes of one command that are paths.
    private struct Attributes {
        private var found: [Int: ArraySlice<UInt8>] = [:]

        init(_ bytes: ArraySlice<UInt8>) throws(Errno) {
            var rest = bytes
            while !rest.isEmpty {
                guard rest.count >= 4 else { throw .invalid }
                let start = rest.startIndex
                let type = Int(rest[start]) | Int(rest[start + 1]) << 8
                let length = Int(rest[start + 2]) | Int(rest[start + 3]) << 8
                guard rest.count >= 4 + length else { throw .invalid }
                if (15...17).contains(type) { found[type] = rest[(start + 4)..<(start + 4 + length)] }
                rest = rest[(start + 4 + length)...]
            }
        }

        var path: [UInt8] { get throws(Errno) { try value(15) } }
        var target: [UInt8] { get throws(Errno) { try value(16) } }
        var link: [UInt8] { get throws(Errno) { try value(17) } }

        private func value(_ type: Int) throws(Errno) -> [UInt8] {
            guard let bytes = found[type] else { throw .invalid }
            return Array(bytes)
        }
    }
}
