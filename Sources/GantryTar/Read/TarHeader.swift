/// The fixed 512-byte header block, as a view over its bytes.
///
/// Source: POSIX.1-2017 pax, ustar interchange format; GNU tar manual, "Basic Tar Format" (`struct oldgnu_header`).
struct TarHeader {
    static let size = 512

    enum Dialect { case old, ustar, gnu }

    let bytes: UnsafeRawBufferPointer
    let offset: Int64

    init(_ bytes: UnsafeRawBufferPointer, at offset: Int64) {
        self.bytes = bytes
        self.offset = offset
    }

    var isZero: Bool { bytes.allSatisfy { $0 == 0 } }

    var type: UInt8 { bytes[156] }

    var dialect: Dialect {
        guard bytes[257..<262].elementsEqual("ustar".utf8) else { return .old }
        if bytes[262] == 0x20, bytes[263] == 0x20 { return .gnu }
        return .ustar
    }

    /// The sum of all bytes with the checksum field taken as blanks; some old writers summed signed bytes.
    func verifyChecksum() throws(TarError) {
        var unsigned = 0
        var signed = 0
        for index in 0..<TarHeader.size {
            let byte = index >= 148 && index < 156 ? 0x20 : bytes[index]
            unsigned &+= Int(byte)
            signed &+= Int(Int8(bitPattern: byte))
        }
        guard let stored = TarNumber.field(range(148, 8)), stored == unsigned || stored == signed else {
            throw TarError(.malformed, "header checksum is wrong", at: offset)
        }
    }

    /// The header's own fields; names still lack what pax and GNU extensions say.
    func entry() throws(TarError) -> TarEntry {
        var entry = TarEntry()
        entry.path = text(0, 100)
        entry.link = text(157, 100)
        if dialect == .ustar {
            let prefix = text(345, 155)
            if !prefix.isEmpty { entry.path = prefix + [0x2f] + entry.path }
        }
        entry.mode = UInt32(truncatingIfNeeded: try number("mode", 100, 8)) & 0o7777
        entry.uid = try owner("uid", number("uid", 108, 8))
        entry.gid = try owner("gid", number("gid", 116, 8))
        entry.size = try number("size", 124, 12)
        entry.modified = TarTime(seconds: try number("mtime", 136, 12))
        entry.kind = kind(entry.path)
        if entry.kind == .characterDevice || entry.kind == .blockDevice {
            entry.major = UInt32(truncatingIfNeeded: try number("devmajor", 329, 8))
            entry.minor = UInt32(truncatingIfNeeded: try number("devminor", 337, 8))
        }
        return entry
    }

    private func kind(_ path: [UInt8]) -> TarEntry.Kind {
        switch type {
        // Before ustar there was no type for a directory: a trailing slash said it.
        case 0: path.last == 0x2f ? .directory : .file
        case UInt8(ascii: "0"), UInt8(ascii: "7"), UInt8(ascii: "S"): .file
        case UInt8(ascii: "1"): .hardLink
        case UInt8(ascii: "2"): .symbolicLink
        case UInt8(ascii: "3"): .characterDevice
        case UInt8(ascii: "4"): .blockDevice
        case UInt8(ascii: "5"): .directory
        case UInt8(ascii: "6"): .fifo
        default: .other(type)
        }
    }

    /// An id that chown(2) takes for itself.
    func owner(_ field: String, _ value: Int64) throws(TarError) -> UInt32 {
        guard value >= 0, value < Int64(UInt32.max) else {
            throw TarError(.malformed, "field '\(field)' is out of range: \(value)", at: offset)
        }
        return UInt32(value)
    }

    func number(_ field: String, _ start: Int, _ length: Int) throws(TarError) -> Int64 {
        guard let value = TarNumber.field(range(start, length)) else {
            throw TarError(.malformed, "field '\(field)' is not a number", at: offset)
        }
        return value
    }

    /// A field up to its first NUL.
    private func text(_ start: Int, _ length: Int) -> [UInt8] {
        let field = range(start, length)
        return [UInt8](field[..<(field.firstIndex(of: 0) ?? field.count)])
    }

    private func range(_ start: Int, _ length: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
    }
}
