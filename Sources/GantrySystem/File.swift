internal import CLinux

/// Opening files and moving their bytes: open(2), openat2(2), read(2), write(2), fsync(2) and their kin.
///
/// Everything here blocks, retries EINTR and opens close-on-exec.
package enum File {
    /// "The directory I stand in" for every call that takes a directory descriptor (AT_FDCWD).
    package static let here: Int32 = -100

    /// Flags of open(2).
    package struct Flags: OptionSet, Sendable {
        package let rawValue: Int32
        package init(rawValue: Int32) { self.rawValue = rawValue }
        package static let read: Flags = []
        package static let write = Flags(rawValue: 0o1)
        package static let readWrite = Flags(rawValue: 0o2)
        package static let create = Flags(rawValue: 0o100)
        package static let exclusive = Flags(rawValue: 0o200)
        package static let noTerminal = Flags(rawValue: 0o400)
        package static let truncate = Flags(rawValue: 0o1000)
        package static let append = Flags(rawValue: 0o2000)
        package static let nonblocking = Flags(rawValue: 0o4000)
        #if arch(arm64)
            package static let directory = Flags(rawValue: 0o40000)
            package static let noFollow = Flags(rawValue: 0o100000)
        #else
            package static let directory = Flags(rawValue: 0o200000)
            package static let noFollow = Flags(rawValue: 0o400000)
        #endif
        /// A handle on the name only: no permission on the file is needed, no bytes can be read.
        package static let path = Flags(rawValue: 0o10000000)
    }

    /// How openat2(2) resolves an untrusted path.
    package struct Resolve: OptionSet, Sendable {
        package let rawValue: UInt64
        package init(rawValue: UInt64) { self.rawValue = rawValue }
        package static let noCrossDevice = Resolve(rawValue: 0x01)
        package static let noMagicLinks = Resolve(rawValue: 0x02)
        package static let noSymlinks = Resolve(rawValue: 0x04)
        package static let beneath = Resolve(rawValue: 0x08)
        /// The directory is the root: `..` and absolute links stay inside.
        package static let inRoot = Resolve(rawValue: 0x10)
    }

    package static func open(
        _ path: String, _ flags: Flags = .read, mode: UInt32 = 0o644, at directory: Int32 = here
    ) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(try check(cl_openat(directory, path, flags.rawValue, mode)))
    }

    /// Opens below `root` whatever the path says; see `Resolve`. `mode` counts only with `.create`.
    package static func open(
        _ path: String, _ flags: Flags, mode: UInt32 = 0o644, below root: Int32,
        resolve: Resolve = [.inRoot, .noMagicLinks]
    ) throws(Errno) -> OwnedDescriptor {
        let mode = flags.contains(.create) ? UInt64(mode) : 0
        return OwnedDescriptor(
            try check(cl_openat2(root, path, UInt64(UInt32(bitPattern: flags.rawValue)), mode, resolve.rawValue)))
    }

    /// One read(2): 0 is the end of the file.
    package static func read(_ fd: Int32, into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        try check(cl_read(fd, buffer.baseAddress, buffer.count))
    }

    package static func read(
        _ fd: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
    ) throws(Errno) -> Int {
        try check(cl_pread(fd, buffer.baseAddress, buffer.count, offset))
    }

    /// Reads until the buffer is full or the file ends; the count says which.
    package static func readFull(_ fd: Int32, into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        var done = 0
        while done < buffer.count {
            let count = try read(fd, into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Writes all of it, however many write(2) that takes.
    package static func write(_ fd: Int32, _ buffer: UnsafeRawBufferPointer) throws(Errno) {
        var done = 0
        while done < buffer.count {
            done += try check(cl_write(fd, buffer.baseAddress! + done, buffer.count - done))
        }
    }

    package static func write(_ fd: Int32, _ buffer: UnsafeRawBufferPointer, at offset: Int64) throws(Errno) {
        var done = 0
        while done < buffer.count {
            done += try check(
                cl_pwrite(fd, buffer.baseAddress! + done, buffer.count - done, offset + Int64(done)))
        }
    }

    package static func write(_ fd: Int32, _ bytes: [UInt8]) throws(Errno) {
        var failure: Errno?
        bytes.withUnsafeBytes { buffer in
            do throws(Errno) { try write(fd, buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    package static func write(_ fd: Int32, _ text: String) throws(Errno) {
        try write(fd, Array(text.utf8))
    }

    /// One write(2), for descriptors that may take only part of it.
    package static func writeSome(_ fd: Int32, _ buffer: UnsafeRawBufferPointer) throws(Errno) -> Int {
        try check(cl_write(fd, buffer.baseAddress, buffer.count))
    }

    /// Everything from here to the end; refuses more than `limit` bytes with EFBIG.
    package static func readAll(_ fd: Int32, limit: Int = 64 << 20) throws(Errno) -> [UInt8] {
        // Most files are small, and what is not filled costs its zeros.
        var size = 4096
        var bytes = [UInt8]()
        while true {
            var failure: Errno?
            let chunk = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                do throws(Errno) { count = try check(cl_read(fd, buffer.baseAddress, buffer.count)) } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            if chunk.isEmpty { return bytes }
            if bytes.count + chunk.count > limit { throw .fileTooBig }
            if bytes.isEmpty { bytes = chunk } else { bytes.append(contentsOf: chunk) }
            if chunk.count == size { size = min(size * 4, 1 << 20) }
        }
    }

    /// One read(2) into the front of `chunk`.
    package static func readChunk(_ fd: Int32, _ chunk: inout [UInt8]) throws(Errno) -> Int {
        let result = chunk.withUnsafeMutableBytes { cl_read(fd, $0.baseAddress, $0.count) }
        return try check(result)
    }

    /// The bytes of the file at `path`.
    package static func contents(
        _ path: String, at directory: Int32 = here, limit: Int = 64 << 20
    ) throws(Errno) -> [UInt8] {
        let file = try open(path, at: directory)
        return try readAll(file.raw, limit: limit)
    }

    /// Makes the file anew under a temporary name and renames it into place; with `sync`, durable when this returns.
    package static func replace(
        _ path: String, with bytes: [UInt8], mode: UInt32 = 0o644, sync: Bool, at directory: Int32 = here
    ) throws(Errno) {
        let draft = path + ".new"
        let file = try open(draft, [.write, .create, .truncate], mode: mode, at: directory)
        do throws(Errno) {
            try write(file.raw, bytes)
            if sync { try fsync(file.raw) }
            try Path.rename(draft, to: path, from: directory, into: directory)
        } catch {
            try? Path.unlink(draft, at: directory)
            throw error
        }
        if sync { try syncDirectory(of: path, at: directory) }
    }

    /// fsync(2) of the directory that holds `path`: makes a rename or a new name durable.
    package static func syncDirectory(of path: String, at directory: Int32 = here) throws(Errno) {
        let parent = Path.parent(of: path)
        let handle = try open(parent.isEmpty ? "." : parent, .directory, at: directory)
        try fsync(handle.raw)
    }

    /// A file in memory that has no name; `label` shows in /proc only.
    package static func anonymous(_ label: String) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(try check(cl_memfd_create(label, 0)))
    }

    package static func fsync(_ fd: Int32) throws(Errno) { try check(cl_fsync(fd)) }
    package static func fdatasync(_ fd: Int32) throws(Errno) { try check(cl_fdatasync(fd)) }
    /// Writes back the whole file system that holds `fd`.
    package static func syncFilesystem(_ fd: Int32) throws(Errno) { try check(cl_syncfs(fd)) }
    /// Starts write-back of a range without waiting for it (SYNC_FILE_RANGE_WRITE).
    package static func startWriteback(_ fd: Int32, from offset: Int64, count: Int64) throws(Errno) {
        try check(cl_sync_file_range(fd, offset, count, 2))
    }
    /// Has an empty file written in place on file systems that copy on write (FS_NOCOW_FL), without their checksums;
    /// EOPNOTSUPP or ENOTTY where there is no such choice.
    package static func disableCopyOnWrite(_ fd: Int32) throws(Errno) { try check(cl_set_no_copy_on_write(fd)) }
    package static func truncate(_ fd: Int32, to length: Int64) throws(Errno) { try check(cl_ftruncate(fd, length)) }
    package static func allocate(_ fd: Int32, _ length: Int64) throws(Errno) {
        try check(cl_fallocate(fd, 0, 0, length))
    }
    package enum Seek: Int32, Sendable { case set, current, end, data, hole }
    @discardableResult
    package static func seek(_ fd: Int32, _ offset: Int64, _ whence: Seek = .set) throws(Errno) -> Int64 {
        Int64(try check(cl_lseek(fd, offset, whence.rawValue)))
    }
    /// Makes `to` share all of `from`'s blocks (FICLONE); EOPNOTSUPP, EXDEV or EINVAL where the file system cannot.
    package static func reflink(from: Int32, to: Int32) throws(Errno) { try check(cl_ficlone(to, from)) }
    /// copy_file_range(2) from both current offsets; the bytes copied, 0 at the end.
    package static func copyRange(from: Int32, to: Int32, count: Int) throws(Errno) -> Int {
        try check(cl_copy_file_range(from, nil, to, nil, count))
    }
    /// sendfile(2) from `from`'s current offset; the bytes sent, 0 at the end.
    package static func send(from: Int32, to: Int32, count: Int) throws(Errno) -> Int {
        try check(cl_sendfile(to, from, nil, count))
    }
    package static func pipe(nonblocking: Bool = false) throws(Errno) -> Pipe {
        var fds: (Int32, Int32) = (-1, -1)
        let result = withUnsafeMutablePointer(to: &fds) { tuple in
            tuple.withMemoryRebound(to: Int32.self, capacity: 2) {
                cl_pipe2($0, nonblocking ? Flags.nonblocking.rawValue : 0)
            }
        }
        try check(result)
        return Pipe(read: OwnedDescriptor(fds.0), write: OwnedDescriptor(fds.1))
    }
    package static func setNonblocking(_ fd: Int32, _ on: Bool = true) throws(Errno) {
        try check(cl_set_nonblocking(fd, on ? 1 : 0))
    }
    package static func isTerminal(_ fd: Int32) -> Bool { cl_isatty(fd) == 1 }
    /// Columns of the terminal behind `fd`, nil when it is none or does not know.
    package static func terminalColumns(_ fd: Int32) -> Int? {
        var rows: UInt16 = 0
        var columns: UInt16 = 0
        return cl_window_size(fd, &rows, &columns) < 0 || columns == 0 ? nil : Int(columns)
    }
    package static func random(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        _ = bytes.withUnsafeMutableBytes { cl_getrandom($0.baseAddress, $0.count) }
        return bytes
    }
    /// flock(2), exclusive and at once: EAGAIN when another holds it.
    package static func lock(_ fd: Int32) throws(Errno) { try check(cl_flock(fd, 2 | 4)) }
}

/// The two ends of pipe(2).
package struct Pipe: ~Copyable {
    package let read: OwnedDescriptor
    package let write: OwnedDescriptor
    package init(read: consuming OwnedDescriptor, write: consuming OwnedDescriptor) {
        self.read = read
        self.write = write
    }
    package consuming func split() -> (read: Int32, write: Int32) {
        (read.release(), write.release())
    }
}
