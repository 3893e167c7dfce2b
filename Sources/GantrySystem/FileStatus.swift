internal import CLinux

/// What statx(2) says of a file.
package struct FileStatus: Sendable, Equatable {
    package enum Kind: UInt32, Sendable {
        case fifo = 0o010000
        case characterDevice = 0o020000
        case directory = 0o040000
        case blockDevice = 0o060000
        case regular = 0o100000
        case symlink = 0o120000
        case socket = 0o140000
        case unknown = 0
    }

    package var inode: UInt64
    package var device: UInt64
    /// Kind and permission bits together, as `st_mode`.
    package var mode: UInt32
    package var uid: UInt32
    package var gid: UInt32
    package var links: UInt32
    /// In bytes.
    package var size: Int64
    /// In units of 512 bytes.
    package var blocks: Int64
    package var modified: FileTime
    package var changed: FileTime
    package var accessed: FileTime
    package var deviceMajor: UInt32
    package var deviceMinor: UInt32
    package var mountID: UInt64

    package var kind: Kind { Kind(rawValue: mode & 0o170000) ?? .unknown }
    /// The twelve permission bits, set-id and sticky included.
    package var permissions: UInt32 { mode & 0o7777 }

    /// Of the name itself; `follow` looks through a symbolic link.
    package static func of(
        _ path: String, at directory: Int32 = File.here, follow: Bool = false
    ) throws(Errno) -> FileStatus {
        try query(directory, path, follow ? 0 : 0x100)
    }

    package static func of(descriptor: Int32) throws(Errno) -> FileStatus {
        try query(descriptor, "", 0x1000)
    }

    static func query(_ directory: Int32, _ path: UnsafePointer<CChar>, _ flags: Int32) throws(Errno) -> FileStatus {
        var raw = cl_status()
        try check(cl_statx(directory, path, flags, &raw))
        return FileStatus(
            inode: raw.inode, device: raw.device, mode: raw.mode, uid: raw.uid, gid: raw.gid, links: raw.links,
            size: Int64(raw.size), blocks: Int64(raw.blocks),
            modified: FileTime(seconds: raw.modified_seconds, nanoseconds: Int64(raw.modified_nanoseconds)),
            changed: FileTime(seconds: raw.changed_seconds, nanoseconds: Int64(raw.changed_nanoseconds)),
            accessed: FileTime(seconds: raw.accessed_seconds, nanoseconds: Int64(raw.accessed_nanoseconds)),
            deviceMajor: raw.rdevice_major, deviceMinor: raw.rdevice_minor, mountID: raw.mount_id)
    }
}

/// A file's time: seconds since 1970 and nanoseconds.
package struct FileTime: Sendable, Equatable {
    package var seconds: Int64
    /// 0 ..< 1e9, or `omit` in calls that set times.
    package var nanoseconds: Int64
    package init(seconds: Int64, nanoseconds: Int64 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
    /// "Leave as it is" (UTIME_OMIT).
    package static let omit = FileTime(seconds: 0, nanoseconds: (1 << 30) - 2)
    /// "The present" (UTIME_NOW).
    package static let now = FileTime(seconds: 0, nanoseconds: (1 << 30) - 1)
}

/// What statfs(2) says of the file system behind a descriptor.
package struct FilesystemStatus: Sendable {
    /// The magic number, for example 0xEF53 for ext4.
    package var type: Int64
    package var blockSize: UInt64
    package var totalBytes: UInt64
    /// For everyone, root's reserve left out.
    package var availableBytes: UInt64

    package static let overlay: Int64 = 0x794c_7630
    package static let btrfs: Int64 = 0x9123_683e
    package static let erofs: Int64 = 0xe0f5_e1e2
    package static let tmpfs: Int64 = 0x0102_1994
    package static let cgroup2: Int64 = 0x6367_7270

    package static func of(descriptor: Int32) throws(Errno) -> FilesystemStatus {
        var raw = cl_filesystem()
        try check(cl_fstatfs(descriptor, &raw))
        return FilesystemStatus(
            type: raw.type, blockSize: raw.block_size, totalBytes: raw.block_size * raw.blocks,
            availableBytes: raw.block_size * raw.available_blocks)
    }

    package static func of(_ path: String) throws(Errno) -> FilesystemStatus {
        let handle = try File.open(path, .path)
        return try of(descriptor: handle.raw)
    }
}
