internal import CLinux

/// A file name or path as the bytes it is: Linux names need not be UTF-8, and a `String` would change those that are not.
///
/// For trees that others made: layers, copies of them. Holds the closing zero, so that a call costs no conversion.
package struct RawPath: Hashable, Sendable {
    /// The path with a closing zero.
    package let characters: [CChar]

    /// - Precondition: no byte is zero; a name from a kernel or a checked archive never has one.
    package init(_ bytes: some Sequence<UInt8>) {
        var characters = [CChar]()
        characters.reserveCapacity(bytes.underestimatedCount + 1)
        for byte in bytes { characters.append(CChar(bitPattern: byte)) }
        characters.append(0)
        self.characters = characters
    }

    package init(_ text: String) { self.init(text.utf8) }

    package var bytes: [UInt8] { characters.dropLast().map { UInt8(bitPattern: $0) } }

    /// For messages: bytes that are not UTF-8 are replaced.
    package var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension RawPath {
    package func open(
        _ flags: File.Flags = .read, mode: UInt32 = 0, at directory: Int32
    ) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(try check(cl_openat(directory, characters, flags.rawValue, mode)))
    }

    /// Opens below `root` whatever the path says; see `File.Resolve`.
    package func open(
        _ flags: File.Flags, below root: Int32, resolve: File.Resolve = [.inRoot, .noMagicLinks]
    ) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(
            try check(cl_openat2(root, characters, UInt64(UInt32(bitPattern: flags.rawValue)), 0, resolve.rawValue)))
    }

    package func makeDirectory(mode: UInt32, at directory: Int32) throws(Errno) {
        try check(cl_mkdirat(directory, characters, mode))
    }

    /// A device or fifo; `mode` holds kind and permissions.
    package func makeNode(mode: UInt32, major: UInt32 = 0, minor: UInt32 = 0, at directory: Int32) throws(Errno) {
        try check(cl_mknodat(directory, characters, mode, major, minor))
    }

    package func makeSymlink(to target: RawPath, at directory: Int32) throws(Errno) {
        try check(cl_symlinkat(target.characters, directory, characters))
    }

    /// Makes `self` a hard link to `existing`; a symbolic link itself is linked, never followed.
    package func makeLink(to existing: RawPath, in source: Int32, at directory: Int32) throws(Errno) {
        try check(cl_linkat(source, existing.characters, directory, characters, 0))
    }

    package func unlink(at directory: Int32) throws(Errno) { try check(cl_unlinkat(directory, characters, 0)) }

    /// Replaces what is at `target`, as rename(2) does; `exchange` has the two change places.
    package func rename(to target: RawPath, at directory: Int32, exchange: Bool = false) throws(Errno) {
        try check(cl_renameat2(directory, characters, directory, target.characters, exchange ? 2 : 0))
    }

    package func removeDirectory(at directory: Int32) throws(Errno) {
        try check(cl_unlinkat(directory, characters, 0x200))
    }

    package func readLink(at directory: Int32) throws(Errno) -> RawPath {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let result = buffer.withUnsafeMutableBytes {
            cl_readlinkat(directory, characters, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
        }
        return RawPath(buffer[0..<(try check(result))])
    }

    /// Of the name itself, never through a symbolic link.
    package func status(at directory: Int32) throws(Errno) -> FileStatus {
        try FileStatus.query(directory, characters, 0x100)
    }

    /// Follows symbolic links: for directories only, whose name was checked.
    package func changeMode(_ mode: UInt32, at directory: Int32) throws(Errno) {
        try check(cl_fchmodat(directory, characters, mode))
    }

    package func changeOwner(uid: UInt32, gid: UInt32, at directory: Int32) throws(Errno) {
        try check(cl_fchownat(directory, characters, uid, gid, 0x100))
    }

    package func setTimes(accessed: FileTime, modified: FileTime, at directory: Int32) throws(Errno) {
        try check(
            cl_utimensat(
                directory, characters, accessed.seconds, accessed.nanoseconds, modified.seconds, modified.nanoseconds,
                0x100))
    }

    /// The name in `directory` as a path for calls that take no descriptor: `/proc/self/fd/N/name`.
    package func below(descriptor: Int32) -> RawPath {
        RawPath(Array("/proc/self/fd/\(descriptor)/".utf8) + bytes)
    }
}

extension ExtendedAttributes {
    /// Of the name itself, never through a symbolic link.
    package static func names(_ path: RawPath) throws(Errno) -> [String] {
        split(
            try sized { cl_llistxattr(path.characters, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) })
    }
    package static func get(_ name: String, _ path: RawPath) throws(Errno) -> [UInt8] {
        try sized { cl_lgetxattr(path.characters, name, $0.baseAddress, $0.count) }
    }
    package static func set(_ name: String, to value: [UInt8], _ path: RawPath) throws(Errno) {
        try check(value.withUnsafeBytes { cl_lsetxattr(path.characters, name, $0.baseAddress, $0.count, 0) })
    }
}
