internal import CLinux

/// Listing and emptying directories.
package enum Directory {
    package struct Entry: Sendable, Equatable {
        package var name: String
        /// As the directory knows it; `.unknown` where the file system does not say.
        package var kind: FileStatus.Kind
        package var inode: UInt64
    }

    /// The entries but `.` and `..`, in the file system's order. Reads the whole directory from its start.
    package static func list(descriptor fd: Int32) throws(Errno) -> [Entry] {
        try check(cl_lseek(fd, 0, 0))
        var entries = [Entry]()
        var buffer = [UInt8](repeating: 0, count: 32768)
        while true {
            let result = buffer.withUnsafeMutableBytes { cl_getdents64(fd, $0.baseAddress, $0.count) }
            let count = try check(result)
            if count == 0 { return entries }
            buffer.withUnsafeBytes { decode(UnsafeRawBufferPointer(rebasing: $0[0..<count]), into: &entries) }
        }
    }

    package static func list(_ path: String, at directory: Int32 = File.here) throws(Errno) -> [Entry] {
        let handle = try File.open(path, [.directory, .noFollow], at: directory)
        return try list(descriptor: handle.raw)
    }

    /// linux_dirent64 of getdents64(2): inode 8, offset 8, length 2, type 1, name with a closing zero.
    private static func decode(_ buffer: UnsafeRawBufferPointer, into entries: inout [Entry]) {
        var at = 0
        while at < buffer.count {
            let inode = buffer.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            let length = Int(buffer.loadUnaligned(fromByteOffset: at + 16, as: UInt16.self))
            let type = UInt32(buffer[at + 18])
            let raw = UnsafeRawBufferPointer(rebasing: buffer[(at + 19)..<(at + length)])
            let name = String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            at += length
            if name == "." || name == ".." { continue }
            entries.append(Entry(name: name, kind: FileStatus.Kind(rawValue: type << 12) ?? .unknown, inode: inode))
        }
    }

    /// Removes a tree; a name that is not there is fine. Symbolic links are removed, never followed, and no mount is
    /// entered: EBUSY or EXDEV stops it.
    package static func removeTree(_ path: String, at directory: Int32 = File.here) throws(Errno) {
        do throws(Errno) {
            try Path.unlink(path, at: directory)
        } catch .noEntry {
            return
        } catch {
            // EISDIR on Linux, EPERM by POSIX: a directory.
            if error != .isDirectory && error != .perm { throw error }
            let handle = try File.open(path, [.directory, .noFollow], at: directory)
            try empty(descriptor: handle.raw)
            try Path.removeDirectory(path, at: directory)
        }
    }

    /// Removes everything in a directory and leaves the directory.
    package static func empty(descriptor fd: Int32) throws(Errno) {
        for entry in try list(descriptor: fd) {
            if entry.kind != .directory && entry.kind != .unknown {
                try Path.unlink(entry.name, at: fd)
                continue
            }
            do throws(Errno) {
                // Not even a mount of the same file system: what is bound there is somebody's.
                let child = try File.open(
                    entry.name, [.directory, .noFollow], below: fd, resolve: [.beneath, .noCrossDevice])
                try empty(descriptor: child.raw)
                try Path.removeDirectory(entry.name, at: fd)
            } catch .notDirectory {
                try Path.unlink(entry.name, at: fd)
            } catch .loop {
                try Path.unlink(entry.name, at: fd)
            }
        }
    }
}
