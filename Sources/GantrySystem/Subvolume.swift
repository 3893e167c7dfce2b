internal import CLinux

/// Subvolumes of btrfs: trees that can be snapshotted, made read-only, compared and deleted as a whole.
///
/// By the kernel's ioctls alone; `docs/decisions.md` says why not by libbtrfsutil. All need the rights of root.
///
/// Source: btrfs-ioctl(2), btrfs-subvolume(8).
package enum Subvolume {
    /// The inode of every subvolume's top.
    package static let topInode: UInt64 = 256

    /// The number of the subvolume that an open file or directory lies in.
    package static func id(of descriptor: Int32) throws(Errno) -> UInt64 {
        UInt64(try check(cl_btrfs_subvolume_id(descriptor)))
    }

    /// Makes an empty one. It is durable once its directory has been synced (fsync(2)); before kernel 6.7, at once.
    package static func create(_ name: String, at directory: Int32) throws(Errno) {
        try check(cl_btrfs_create(directory, name))
    }

    /// Makes a snapshot of the subvolume that `source` is the top of. Durable when this returns, with all that was written
    /// to the source before. Subvolumes inside do not come along: empty directories stand in their places.
    ///
    /// Cost: writes back the source's dirty pages and commits a transaction, which calls at the same time share.
    package static func snapshot(
        _ source: Int32, as name: String, at directory: Int32, readOnly: Bool
    ) throws(Errno) {
        try check(cl_btrfs_snapshot(source, directory, name, readOnly ? 1 : 0))
    }

    /// Whether nobody may write to it.
    package static func isReadOnly(_ descriptor: Int32) throws(Errno) -> Bool {
        try check(cl_btrfs_is_read_only(descriptor)) == 1
    }

    /// Durable when this returns; no cost when it is so already.
    package static func setReadOnly(_ descriptor: Int32, _ on: Bool) throws(Errno) {
        if try isReadOnly(descriptor) != on { try check(cl_btrfs_set_read_only(descriptor, on ? 1 : 0)) }
    }

    /// The numbers of the subvolumes that lie right in that of `descriptor`, wherever in its directories.
    package static func children(of descriptor: Int32) throws(Errno) -> [UInt64] {
        var found: [UInt64] = []
        var buffer = [UInt64](repeating: 0, count: 255)
        while true {
            let least = (found.last ?? 0) + 1
            let count = Int(try check(cl_btrfs_children(descriptor, least, &buffer, Int32(buffer.count))))
            found += buffer[..<count]
            if count < buffer.count { return found }
        }
    }

    /// Every name of a file in the subvolume of `descriptor`, from its top.
    /// - Throws: `.overflow` when they take more than 4096 bytes.
    package static func paths(of inode: UInt64, in descriptor: Int32) throws(Errno) -> [RawPath] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let result = buffer.withUnsafeMutableBytes { cl_btrfs_paths(descriptor, inode, $0.baseAddress, $0.count) }
        return buffer[..<(try check(result))].split(separator: 0).map { RawPath($0) }
    }

    /// Writes the difference of a read-only subvolume from another, or from nothing, as a stream of commands without the
    /// bytes of files.
    ///
    /// Source: btrfs-send(8), `BTRFS_SEND_FLAG_NO_FILE_DATA`.
    package static func send(_ descriptor: Int32, parent: UInt64?, to output: Int32) throws(Errno) {
        try check(cl_btrfs_send(descriptor, parent ?? 0, output))
    }

    /// Deletes a subvolume with all subvolumes inside, whether they are read-only or not. The kernel frees the space later.
    ///
    /// - Returns: the numbers of those that are gone.
    @discardableResult
    package static func remove(_ name: RawPath, at directory: Int32) throws(Errno) -> [UInt64] {
        var gone: [UInt64] = []
        // The handle must be closed when its subvolume goes, or that lives on until it is.
        do {
            let top = try name.open([.directory, .noFollow], at: directory)
            gone.append(try id(of: top.raw))
            if try !children(of: top.raw).isEmpty { try removeChildren(of: top.raw, &gone) }
        }
        try check(cl_btrfs_destroy(directory, String(decoding: name.bytes, as: UTF8.self)))
        return gone
    }

    /// Deepest first, since none that holds another can go; and none can leave one that is read-only.
    private static func removeChildren(of top: Int32, _ gone: inout [UInt64]) throws(Errno) {
        try setReadOnly(top, false)
        for child in try children(of: top) {
            do throws(Errno) {
                try check(cl_btrfs_destroy_id(top, child))
            } catch {
                // A read-only parent refuses as well; it is never one of ours, so it is found and opened by its place.
                guard error == .notEmpty else { throw error }
                let place = try find(child, below: top)
                let handle = try place.open([.directory, .noFollow], below: top, resolve: [.beneath, .noSymlinks])
                try removeChildren(of: handle.raw, &gone)
                try check(cl_btrfs_destroy_id(top, child))
            }
            gone.append(child)
        }
    }

    /// Where a subvolume lies below the top of the one that holds it.
    private static func find(_ child: UInt64, below top: Int32) throws(Errno) -> RawPath {
        var buffer = [UInt8](repeating: 0, count: 8192)
        let result = buffer.withUnsafeMutableBytes { cl_btrfs_place(top, child, $0.baseAddress, $0.count) }
        return RawPath(buffer[..<(try check(result))])
    }
}

/// Quota groups of btrfs: the space of each subvolume, counted by the kernel.
///
/// Source: btrfs-quota(8), btrfs-qgroup(8).
package enum QuotaGroups {
    /// How a file system counts.
    package enum Kind: Int32, Sendable {
        case off = 0
        /// By the owner of each extent: cheap. Since kernel 6.7.
        case simple = 1
        /// By who refers to each extent: exact and expensive.
        case full = 2
    }

    /// What the file system of `descriptor` does.
    package static func kind(_ descriptor: Int32) throws(Errno) -> Kind {
        Kind(rawValue: try check(cl_btrfs_quota_kind(descriptor))) ?? .off
    }

    /// Turns counting on for the whole file system. `simple` marks it with an incompatible flag: kernels before 6.7 do not
    /// mount it any more. EINVAL or ENOTTY where the kernel cannot.
    package static func enable(_ descriptor: Int32, simple: Bool) throws(Errno) {
        try check(cl_btrfs_quota_enable(descriptor, simple ? 1 : 0))
    }

    /// Bytes that this subvolume has to itself (simple: that were first written to it), as of the last transaction; nil
    /// when nobody counts or the numbers are known to be wrong. Two look-ups in the quota tree.
    package static func usage(of subvolume: UInt64, at descriptor: Int32) throws(Errno) -> Int64? {
        let bytes = cl_btrfs_quota_usage(descriptor, subvolume)
        if bytes == -Int64(Errno.noEntry.code) || bytes == -Int64(Errno.stale.code) { return nil }
        return Int64(try check(bytes))
    }

    /// Forgets the group of a subvolume that is gone: EBUSY while its space is being freed. ENOENT when it is forgotten,
    /// ENOTCONN without quotas.
    package static func forget(_ subvolume: UInt64, at descriptor: Int32) throws(Errno) {
        try check(cl_btrfs_quota_forget(descriptor, subvolume))
    }
}
