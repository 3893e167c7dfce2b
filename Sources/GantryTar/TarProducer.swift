package import GantrySystem

/// Writes a tree as a tar archive: ustar headers, and pax headers where those cannot say it.
///
/// Names are sorted, so that equal trees make equal archives. Times keep their nanoseconds, owners their numbers, hard links
/// are links, extended attributes go along (`SCHILY.xattr.`), but for those that are overlayfs's and SELinux's own. Sockets
/// are left out, since no archive can hold them. Holes are written as zeros.
///
/// Source: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Extended Header".
package struct TarProducer {
    private struct Inode: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    private struct Level {
        var handle: SharedDescriptor
        var path: [UInt8]
        /// The last one comes next.
        var entries: [RawDirectory.Entry]
    }

    private let sink: (UnsafeRawBufferPointer) throws -> Void
    private let owners: OwnerRange?
    private var buffer = [UInt8]()
    private var links: [Inode: [UInt8]] = [:]
    private static let full = 256 << 10

    /// - Parameters:
    ///   - owners: whose ids the tree's owners are; the archive has those inside. Nil for the machine's.
    ///   - sink: takes the archive in pieces of about 256 KiB.
    package init(owners: OwnerRange? = nil, _ sink: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.owners = owners
        self.sink = sink
        buffer.reserveCapacity(Self.full + (64 << 10))
    }

    /// Writes everything below the directory `root`, not the directory itself. What goes meanwhile is left out; a file that
    /// changes its length has the length it began with.
    ///
    /// Holds one descriptor a level. Cost: what reading every file costs.
    /// - Throws: what `sink` throws; an `Errno` of a tree that cannot be read.
    package mutating func tree(_ root: SharedDescriptor) throws { try walk(level(root, [])) }

    /// Writes the directory `root` itself under the name `name`, and everything below it. `.` stands for what is in it.
    package mutating func tree(_ root: SharedDescriptor, as name: [UInt8]) throws {
        header(
            name + [0x2f], "5", try FileStatus.of(descriptor: root.raw), size: 0, attributes: attributes(root.raw))
        try walk(level(root, name + [0x2f]))
    }

    /// Writes what has the name `source` in the directory `parent`, under the name `name`; a directory with all that is
    /// below it. A link is a link.
    package mutating func add(_ source: RawPath, at parent: SharedDescriptor, as name: [UInt8]) throws {
        let status = try source.status(at: parent.raw)
        guard status.kind == .directory else { return try leaf(source, name, status, parent.raw) }
        try tree(SharedDescriptor(try source.open([.directory, .noFollow], at: parent.raw)), as: name)
    }

    private mutating func walk(_ top: Level) throws {
        var levels = [top]
        while var level = levels.popLast() {
            guard let entry = level.entries.popLast() else { continue }
            levels.append(level)
            do {
                if let below = try member(entry.name, of: level) { levels.append(below) }
            } catch {
                // It went while we were on our way to it.
                if error as? Errno != .noEntry { throw error }
            }
            if buffer.count >= Self.full { try flush() }
        }
    }

    /// Writes one name; what is below it when it is a directory.
    private mutating func member(_ name: RawPath, of level: Level) throws -> Level? {
        let path = level.path + name.bytes
        let status = try name.status(at: level.handle.raw)
        guard status.kind == .directory else {
            try leaf(name, path, status, level.handle.raw)
            return nil
        }
        let handle = SharedDescriptor(try name.open([.directory, .noFollow], at: level.handle.raw))
        header(path + [0x2f], "5", status, size: 0, attributes: attributes(handle.raw))
        return try self.level(handle, path + [0x2f])
    }

    /// The end marker, and what is still here.
    package mutating func finish() throws {
        buffer.append(contentsOf: [UInt8](repeating: 0, count: 1024))
        try flush()
    }

    private func level(_ handle: SharedDescriptor, _ path: [UInt8]) throws(Errno) -> Level {
        let entries = try RawDirectory.list(descriptor: handle.raw)
        return Level(
            handle: handle, path: path,
            entries: entries.sorted { $1.name.bytes.lexicographicallyPrecedes($0.name.bytes) })
    }

    private mutating func flush() throws {
        let bytes = buffer
        buffer.removeAll(keepingCapacity: true)
        try bytes.withUnsafeBytes { try sink($0) }
    }

    // MARK: Kinds

    private mutating func leaf(
        _ name: RawPath, _ path: [UInt8], _ status: FileStatus, _ parent: Int32
    ) throws {
        if status.links > 1 {
            let inode = Inode(device: status.device, inode: status.inode)
            if let first = links[inode] {
                header(path, "1", status, size: 0, link: first)
                return
            }
            links[inode] = path
        }
        switch status.kind {
        case .regular: try file(name, path, parent)
        case .symlink: header(path, "2", status, size: 0, link: try name.readLink(at: parent).bytes)
        case .characterDevice: header(path, "3", status, size: 0)
        case .blockDevice: header(path, "4", status, size: 0)
        case .fifo: header(path, "6", status, size: 0)
        default: break
        }
    }

    private mutating func file(_ name: RawPath, _ path: [UInt8], _ parent: Int32) throws {
        let handle = try name.open([.read, .noFollow, .nonblocking], at: parent)
        let status = try FileStatus.of(descriptor: handle.raw)
        guard status.kind == .regular else { return }
        header(path, "0", status, size: status.size, attributes: attributes(handle.raw))
        var chunk = [UInt8](repeating: 0, count: 128 << 10)
        var left = status.size
        while left > 0 {
            var count = try File.readChunk(handle.raw, &chunk)
            if count == 0 {
                // Shorter than it was a moment ago: the header has been written.
                count = chunk.count
                for index in chunk.indices { chunk[index] = 0 }
            }
            let part = Int(min(Int64(count), left))
            buffer.append(contentsOf: chunk[..<part])
            left -= Int64(part)
            if buffer.count >= Self.full { try flush() }
        }
        pad(status.size)
    }

    /// Attributes by name; empty where the file system has none.
    private func attributes(_ descriptor: Int32) -> [(String, [UInt8])] {
        let names = (try? ExtendedAttributes.names(descriptor: descriptor)) ?? []
        return names.sorted().compactMap { name in
            let isForeign =
                name.hasPrefix("trusted.overlay.") || name.hasPrefix("user.overlay.") || name == "security.selinux"
            guard !isForeign, let value = try? ExtendedAttributes.get(name, descriptor: descriptor) else { return nil }
            guard let owners else { return (name, value) }
            return ExtendedAttributes.seen(name, value, by: owners).map { (name, $0) }
        }
    }

    // MARK: Headers

    private mutating func header(
        _ path: [UInt8], _ type: Character, _ found: FileStatus, size: Int64, link: [UInt8] = [],
        attributes: [(String, [UInt8])] = []
    ) {
        let status = owners.map(found.seen(by:)) ?? found
        var records = [UInt8]()
        func record(_ key: String, _ value: [UInt8]) { records += Self.record(key, value) }
        if path.count > 100 { record("path", path) }
        if link.count > 100 { record("linkpath", link) }
        if size > Self.mostOctal11 { record("size", Array(String(size).utf8)) }
        if status.uid > Self.mostOctal7 { record("uid", Array(String(status.uid).utf8)) }
        if status.gid > Self.mostOctal7 { record("gid", Array(String(status.gid).utf8)) }
        let time = status.modified
        if time.nanoseconds != 0 || time.seconds < 0 || time.seconds > Self.mostOctal11 {
            record("mtime", Self.decimal(time))
        }
        for (name, value) in attributes { record("SCHILY.xattr." + name, value) }
        if !records.isEmpty {
            block(Array("pax".utf8), "x", status, size: Int64(records.count), link: [])
            buffer.append(contentsOf: records)
            pad(Int64(records.count))
        }
        block(path, type, status, size: size, link: link)
    }

    /// The largest numbers that fit into fields of 12 and of 8 bytes.
    private static let mostOctal11: Int64 = 1 << 33 - 1
    private static let mostOctal7: UInt32 = 1 << 21 - 1

    private mutating func block(
        _ path: [UInt8], _ type: Character, _ status: FileStatus, size: Int64, link: [UInt8]
    ) {
        var block = [UInt8](repeating: 0, count: TarHeader.size)
        func put(_ bytes: some Sequence<UInt8>, at offset: Int, most: Int) {
            for (index, byte) in bytes.prefix(most).enumerated() { block[offset + index] = byte }
        }
        func octal(_ value: Int64, at offset: Int, length: Int) {
            let digits = String(max(0, value), radix: 8)
            // What does not fit stands in the pax header.
            guard digits.count < length else { return }
            put((String(repeating: "0", count: length - 1 - digits.count) + digits).utf8, at: offset, most: length - 1)
        }
        put(path, at: 0, most: 100)
        octal(Int64(status.permissions), at: 100, length: 8)
        octal(Int64(status.uid), at: 108, length: 8)
        octal(Int64(status.gid), at: 116, length: 8)
        octal(size, at: 124, length: 12)
        octal(status.modified.seconds, at: 136, length: 12)
        block[156] = type.asciiValue ?? 0
        put(link, at: 157, most: 100)
        put("ustar\u{0}00".utf8, at: 257, most: 8)
        if type == "3" || type == "4" {
            octal(Int64(status.deviceMajor), at: 329, length: 8)
            octal(Int64(status.deviceMinor), at: 337, length: 8)
        }
        put("        ".utf8, at: 148, most: 8)
        let sum = block.reduce(0) { $0 + Int64($1) }
        octal(sum, at: 148, length: 7)
        buffer.append(contentsOf: block)
    }

    private mutating func pad(_ size: Int64) {
        buffer.append(contentsOf: [UInt8](repeating: 0, count: Int((512 - size % 512) % 512)))
    }

    /// `length key=value\n`, where the length counts itself.
    static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = [0x20] + Array(key.utf8) + [0x3d] + value + [0x0a]
        var length = rest.count + 1
        while String(length).utf8.count + rest.count != length { length = String(length).utf8.count + rest.count }
        return Array(String(length).utf8) + rest
    }

    /// `-1.5` is half a second before the second before 1970.
    static func decimal(_ time: FileTime) -> [UInt8] {
        var (seconds, nanoseconds) = (time.seconds, time.nanoseconds)
        let isNegative = seconds < 0
        if isNegative {
            // The kernel counts nanoseconds forward from the second.
            seconds = -seconds
            if nanoseconds > 0 {
                seconds -= 1
                nanoseconds = 1_000_000_000 - nanoseconds
            }
        }
        var fraction = String(nanoseconds)
        fraction = nanoseconds == 0 ? "" : "." + String(repeating: "0", count: 9 - fraction.count) + fraction
        return Array(((isNegative ? "-" : "") + String(seconds) + fraction).utf8)
    }
}
