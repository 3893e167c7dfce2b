internal import CLinux

/// Listing and removing trees whose names are bytes; the counterpart of `Directory` for what others made.
package enum RawDirectory {
    package struct Entry: Sendable {
        package var name: RawPath
        /// As the directory knows it; `.unknown` where the file system does not say.
        package var kind: FileStatus.Kind
        package var inode: UInt64
    }

    /// The entries but `.` and `..`, in the file system's order.
    package static func list(descriptor fd: Int32) throws(Errno) -> [Entry] {
        try check(cl_lseek(fd, 0, 0))
        var entries = [Entry]()
        var buffer = [UInt8](repeating: 0, count: 32768)
        while true {
            let result = buffer.withUnsafeMutableBytes { cl_getdents64(fd, $0.baseAddress, $0.count) }
            let count = try check(result)
            if count == 0 { return entries }
            buffer.withUnsafeBytes { decode($0, count, into: &entries) }
        }
    }

    /// linux_dirent64 of getdents64(2): inode 8, offset 8, length 2, type 1, name with a closing zero.
    private static func decode(_ buffer: UnsafeRawBufferPointer, _ count: Int, into entries: inout [Entry]) {
        var at = 0
        while at < count {
            let inode = buffer.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            let length = Int(buffer.loadUnaligned(fromByteOffset: at + 16, as: UInt16.self))
            let type = UInt32(buffer[at + 18])
            let name = RawPath(buffer[(at + 19)..<(at + length)].prefix { $0 != 0 })
            at += length
            if name.characters == [0x2e, 0] || name.characters == [0x2e, 0x2e, 0] { continue }
            entries.append(Entry(name: name, kind: FileStatus.Kind(rawValue: type << 12) ?? .unknown, inode: inode))
        }
    }

    /// Removes a tree; a name that is not there, or goes meanwhile, is fine. Links are removed, never followed; a mount
    /// below stops it with EBUSY or EXDEV.
    ///
    /// Holds at most `deepest` descriptors: what lies deeper is first moved up, since a layer may nest as deep as it likes.
    package static func removeTree(_ name: RawPath, at directory: Int32) throws(Errno) {
        if try removeUnlessDirectory(name, at: directory) { return }
        do throws(Errno) {
            let top = try name.open([.directory, .noFollow], at: directory)
            // Each round finds what the one before moved up.
            while true {
                let entries = try list(descriptor: top.raw)
                if entries.isEmpty { break }
                for entry in entries { try remove(entry, at: top.raw, depth: 1, top: top.raw) }
            }
            try name.removeDirectory(at: directory)
        } catch {
            if error != .noEntry { throw error }
        }
    }

    private static let deepest = 100

    private static func remove(_ entry: Entry, at parent: Int32, depth: Int, top: Int32) throws(Errno) {
        if entry.kind != .directory, try removeUnlessDirectory(entry.name, at: parent) { return }
        if depth >= deepest {
            try check(cl_renameat2(parent, entry.name.characters, top, "deep-\(entry.inode)", 1))
            return
        }
        do throws(Errno) {
            let handle = try entry.name.open(
                [.directory, .noFollow], below: parent, resolve: [.beneath, .noCrossDevice])
            for child in try list(descriptor: handle.raw) {
                try remove(child, at: handle.raw, depth: depth + 1, top: top)
            }
            try entry.name.removeDirectory(at: parent)
        } catch {
            if error != .noEntry { throw error }
        }
    }

    /// False when it is a directory: EISDIR on Linux, EPERM by POSIX.
    private static func removeUnlessDirectory(_ name: RawPath, at directory: Int32) throws(Errno) -> Bool {
        do throws(Errno) {
            try name.unlink(at: directory)
        } catch {
            if error == .isDirectory || error == .perm { return false }
            if error != .noEntry { throw error }
        }
        return true
    }
}
