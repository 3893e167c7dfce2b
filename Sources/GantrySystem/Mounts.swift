internal import CLinux

/// The kernel's mount calls, one to one; what to mount is decided elsewhere.
package enum Mounts {
    /// MS_… of mount(2).
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt64
        package init(rawValue: UInt64) { self.rawValue = rawValue }
        package static let readOnly = Flags(rawValue: 1)
        package static let noSetuid = Flags(rawValue: 2)
        package static let noDevices = Flags(rawValue: 4)
        package static let noExecute = Flags(rawValue: 8)
        package static let remount = Flags(rawValue: 32)
        package static let bind = Flags(rawValue: 4096)
        package static let recursive = Flags(rawValue: 16384)
        package static let isPrivate = Flags(rawValue: 1 << 18)
        package static let shared = Flags(rawValue: 1 << 20)
        package static let slave = Flags(rawValue: 1 << 19)
    }

    package static func mount(
        _ source: String, at target: String, type: String, flags: Flags = [], options: String = ""
    ) throws(Errno) {
        try check(cl_mount(source, target, type, flags.rawValue, options))
    }

    /// `detach` takes it from the tree at once and frees it when unused (MNT_DETACH); never follows a symbolic link.
    package static func unmount(_ target: String, detach: Bool = false) throws(Errno) {
        try check(cl_umount2(target, 8 | (detach ? 2 : 0)))
    }

    /// A new superblock in preparation: fsopen(2).
    package static func openFilesystem(_ type: String) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(try check(cl_fsopen(type)))
    }
    package static func configure(_ fd: Int32, _ key: String, _ value: String) throws(Errno) {
        try check(cl_fsconfig_string(fd, key, value))
    }
    package static func configure(_ fd: Int32, flag: String) throws(Errno) { try check(cl_fsconfig_flag(fd, flag)) }
    package static func configure(_ fd: Int32, _ key: String, descriptor: Int32) throws(Errno) {
        try check(cl_fsconfig_fd(fd, key, descriptor))
    }
    /// Creates the superblock: the moment at which wrong options fail.
    package static func create(_ fd: Int32) throws(Errno) { try check(cl_fsconfig_create(fd)) }

    /// MOUNT_ATTR_… of fsmount(2) and mount_setattr(2).
    package struct Attributes: OptionSet, Sendable {
        package let rawValue: UInt64
        package init(rawValue: UInt64) { self.rawValue = rawValue }
        package static let readOnly = Attributes(rawValue: 1)
        package static let noSetuid = Attributes(rawValue: 2)
        package static let noDevices = Attributes(rawValue: 4)
        package static let noExecute = Attributes(rawValue: 8)
    }

    /// A detached mount of a created superblock.
    package static func mount(_ fd: Int32, _ attributes: Attributes = []) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(try check(cl_fsmount(fd, UInt32(attributes.rawValue))))
    }
    /// A detached clone of an existing mount or directory (OPEN_TREE_CLONE).
    package static func clone(_ path: String, recursive: Bool = false) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(try check(cl_open_tree(File.here, path, 1 | (recursive ? 0x8000 : 0))))
    }
    /// Puts a detached mount into the tree.
    package static func attach(_ mount: Int32, at target: String) throws(Errno) {
        try check(cl_move_mount(mount, "", File.here, target, 4))
    }
    package static func setAttributes(_ fd: Int32, _ set: Attributes, recursive: Bool = false) throws(Errno) {
        try check(cl_mount_setattr(fd, "", 0x1000 | (recursive ? 0x8000 : 0), set.rawValue, 0, 0, -1))
    }
    /// Shows a detached clone's files as owned by the ids that `namespace` maps theirs to; the bytes on disk stay as they
    /// are (MOUNT_ATTR_IDMAP). EINVAL for a file system that cannot, such as overlayfs itself.
    ///
    /// The clone becomes private: one of a shared mount is its peer, and taking a tree of clones down would take down what
    /// is mounted below the machine's own.
    ///
    /// Source: mount_setattr(2), "ID-mapped mounts".
    package static func shiftOwners(_ mount: Int32, _ namespace: Int32, recursive: Bool = false) throws(Errno) {
        try check(
            cl_mount_setattr(mount, "", 0x1000 | (recursive ? 0x8000 : 0), 0, 0, Flags.isPrivate.rawValue, namespace))
    }
    /// Moves this thread into a new mount namespace of its own; for throw-away threads and processes only.
    package static func unshareNamespace() throws(Errno) { try check(cl_unshare(0x0002_0000)) }
    /// Gives this thread its own working directory and umask (CLONE_FS); for throw-away threads only.
    package static func unshareDirectory() throws(Errno) { try check(cl_unshare(0x0000_0200)) }
    package static func changeDirectory(_ path: String) throws(Errno) { try check(cl_chdir(path)) }
}
