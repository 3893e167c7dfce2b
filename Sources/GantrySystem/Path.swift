internal import CLinux

/// Names in directories: the `…at` family. `directory` is a descriptor, or `File.here` for plain paths.
package enum Path {
    package static func makeDirectory(
        _ path: String, mode: UInt32 = 0o755, at directory: Int32 = File.here
    ) throws(Errno) {
        try check(cl_mkdirat(directory, path, mode))
    }

    /// The directory and those above it, as far as they are missing.
    package static func makeDirectories(_ path: String, mode: UInt32 = 0o755) throws(Errno) {
        do throws(Errno) {
            try makeDirectory(path, mode: mode)
        } catch .exists {
            return
        } catch .noEntry {
            let above = parent(of: path)
            if above.isEmpty || above == path { throw .noEntry }
            try makeDirectories(above, mode: mode)
            do throws(Errno) { try makeDirectory(path, mode: mode) } catch .exists { return }
        }
    }

    /// A device, fifo or empty file; `mode` holds kind and permissions.
    package static func makeNode(
        _ path: String, mode: UInt32, major: UInt32 = 0, minor: UInt32 = 0, at directory: Int32 = File.here
    ) throws(Errno) {
        try check(cl_mknodat(directory, path, mode, major, minor))
    }

    package static func symlink(_ target: String, as path: String, at directory: Int32 = File.here) throws(Errno) {
        try check(cl_symlinkat(target, directory, path))
    }

    /// A hard link; a symbolic link itself is linked, never followed.
    package static func link(
        _ existing: String, as path: String, from: Int32 = File.here, into: Int32 = File.here
    ) throws(Errno) {
        try check(cl_linkat(from, existing, into, path, 0))
    }

    /// A name for an open file (AT_EMPTY_PATH).
    package static func link(descriptor: Int32, as path: String, into: Int32) throws(Errno) {
        try check(cl_linkat(descriptor, "", into, path, 0x1000))
    }

    package static func unlink(_ path: String, at directory: Int32 = File.here) throws(Errno) {
        try check(cl_unlinkat(directory, path, 0))
    }

    package static func removeDirectory(_ path: String, at directory: Int32 = File.here) throws(Errno) {
        try check(cl_unlinkat(directory, path, 0x200))
    }

    /// `exclusive` refuses to replace (RENAME_NOREPLACE).
    package static func rename(
        _ path: String, to target: String, from: Int32 = File.here, into: Int32 = File.here, exclusive: Bool = false
    ) throws(Errno) {
        try check(cl_renameat2(from, path, into, target, exclusive ? 1 : 0))
    }

    package static func readLink(_ path: String, at directory: Int32 = File.here) throws(Errno) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let result = buffer.withUnsafeMutableBytes {
            cl_readlinkat(directory, path, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
        }
        let count = try check(result)
        return String(decoding: buffer[0..<count], as: UTF8.self)
    }

    package static func exists(_ path: String, at directory: Int32 = File.here) -> Bool {
        cl_faccessat(directory, path, 0, 0x100) == 0
    }

    /// Whether root may execute it: a regular file with an execute bit (access(2), X_OK).
    package static func isExecutable(_ path: String, at directory: Int32 = File.here) -> Bool {
        cl_faccessat(directory, path, 1, 0) == 0
            && (try? FileStatus.of(path, at: directory, follow: true))?.kind == .regular
    }

    package static func changeMode(_ path: String, _ mode: UInt32, at directory: Int32 = File.here) throws(Errno) {
        try check(cl_fchmodat(directory, path, mode))
    }
    package static func changeMode(descriptor: Int32, _ mode: UInt32) throws(Errno) {
        try check(cl_fchmod(descriptor, mode))
    }
    package static func changeOwner(
        _ path: String, uid: UInt32, gid: UInt32, at directory: Int32 = File.here
    ) throws(Errno) {
        try check(cl_fchownat(directory, path, uid, gid, 0x100))
    }
    package static func changeOwner(descriptor: Int32, uid: UInt32, gid: UInt32) throws(Errno) {
        try check(cl_fchown(descriptor, uid, gid))
    }
    /// Of the name itself, never through a symbolic link.
    package static func setTimes(
        _ path: String, accessed: FileTime, modified: FileTime, at directory: Int32 = File.here
    ) throws(Errno) {
        try check(
            cl_utimensat(
                directory, path, accessed.seconds, accessed.nanoseconds, modified.seconds, modified.nanoseconds, 0x100))
    }
    package static func setTimes(descriptor: Int32, accessed: FileTime, modified: FileTime) throws(Errno) {
        try check(
            cl_futimens(
                descriptor, accessed.seconds, accessed.nanoseconds, modified.seconds, modified.nanoseconds))
    }

    /// The part before the last slash: "" for a bare name, "/" for what lies in the root.
    package static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The part after the last slash.
    package static func name(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return String(path[path.index(after: slash)...])
    }

    /// The path without links, `.` and `..`, as the kernel finds it now; all of it must exist.
    ///
    /// Cost: an open(2) and a readlink(2).
    package static func real(_ path: String) throws(Errno) -> String {
        let place = try File.open(path, .path)
        return try readLink(ofDescriptor(place.raw))
    }

    /// The path of an open descriptor for calls that take only names.
    package static func ofDescriptor(_ fd: Int32) -> String { "/proc/self/fd/\(fd)" }

    package static func currentDirectory() -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes {
            cl_getcwd($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
        }
        return count > 1 ? String(decoding: buffer[0..<(Int(count) - 1)], as: UTF8.self) : "/"
    }

    /// The mask for new files of this process; the one before.
    @discardableResult
    package static func setCreationMask(_ mask: UInt32) -> UInt32 { cl_umask(mask) }
}
