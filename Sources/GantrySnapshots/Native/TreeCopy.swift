package import GantrySystem

/// Copies a tree with everything that can be seen of it: content with holes, hard links, attributes, times, owners,
/// modes, devices.
package struct TreeCopy {
    struct Inode: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    /// The top of the copy, and of every file with several names the first copy's place below it.
    private let top: Int32
    private var copied: [Inode: RawPath] = [:]
    private var content = FileCopy()
    /// Whose ids the source's owners are; the copy has those inside.
    private var owners: OwnerRange?
    /// Called with the bytes of each file whose content was copied.
    var copiedBytes: (Int64) throws(Errno) -> Void = { (_) throws(Errno) in }

    /// Copies the content of directory `source` into the existing directory `target`, and its own attributes.
    static func copy(_ source: String, to target: String, at directory: Int32) throws(Errno) {
        let from = try File.open(source, [.directory, .noFollow], at: directory)
        let to = try File.open(target, [.directory, .noFollow], at: directory)
        var copy = TreeCopy(top: to.raw)
        try copy.directory(from.raw, to.raw, path: [], status: FileStatus.of(descriptor: from.raw))
    }

    /// The same for directories that are open already: what an untrusted path led to, once, safely.
    ///
    /// - Parameter owners: whose ids the source's owners are; the copy has those inside. Nil for the machine's.
    package static func copy(from: Int32, to: Int32, owners: OwnerRange? = nil) throws(Errno) {
        var copy = TreeCopy(top: to)
        copy.owners = owners
        let top = try FileStatus.of(descriptor: from)
        try copy.directory(from, to, path: [], status: owners.map(top.seen(by:)) ?? top)
    }

    init(top: Int32) { self.top = top }

    /// Copies what is in `from`, and its own attributes, into the empty `to`, which is at `path` below the top.
    mutating func directory(
        _ from: Int32, _ to: Int32, path: [UInt8], status: FileStatus
    ) throws(Errno) {
        for entry in try RawDirectory.list(descriptor: from) {
            let found = try entry.name.status(at: from)
            let status = owners.map(found.seen(by:)) ?? found
            let place = path.isEmpty ? entry.name.bytes : path + [0x2f] + entry.name.bytes
            if status.kind == .directory {
                let source = try entry.name.open([.directory, .noFollow], at: from)
                try entry.name.makeDirectory(mode: 0o700, at: to)
                let target = try entry.name.open([.directory, .noFollow], at: to)
                try directory(source.raw, target.raw, path: place, status: status)
            } else {
                try file(entry.name, status, from, to, place)
            }
        }
        try finish(from, to, status)
    }

    /// Copies what is no directory; the second name of a file becomes a hard link.
    mutating func file(
        _ name: RawPath, _ status: FileStatus, _ from: Int32, _ to: Int32, _ place: [UInt8]
    ) throws(Errno) {
        let inode = Inode(device: status.device, inode: status.inode)
        if status.links > 1 {
            if let first = copied[inode] {
                try name.makeLink(to: first, in: top, at: to)
                return
            }
            copied[inode] = RawPath(place)
        }
        if status.kind == .regular {
            let source = try name.open([.noFollow], at: from)
            let target = try name.open([.write, .create, .exclusive, .noFollow], mode: 0o600, at: to)
            try content.copy(source.raw, target.raw, size: status.size)
            try copiedBytes(status.size)
            try finish(source.raw, target.raw, status)
            return
        }
        if status.kind == .symlink {
            try name.makeSymlink(to: name.readLink(at: from), at: to)
        } else {
            try name.makeNode(
                mode: status.mode, major: status.deviceMajor, minor: status.deviceMinor, at: to)
        }
        try name.changeOwner(uid: status.uid, gid: status.gid, at: to)
        if status.kind != .symlink { try name.changeMode(status.permissions, at: to) }
        let source = name.below(descriptor: from)
        for attribute in try TreeCopy.list({ () throws(Errno) in try ExtendedAttributes.names(source) }) {
            let found = try ExtendedAttributes.get(attribute, source)
            guard let value = owners.map({ ExtendedAttributes.seen(attribute, found, by: $0) }) ?? found else {
                continue
            }
            try ExtendedAttributes.set(attribute, to: value, name.below(descriptor: to))
        }
        try name.setTimes(accessed: status.accessed, modified: status.modified, at: to)
    }

    /// Attributes of an open file or directory. Owner first: changing it takes set-id bits and capabilities away.
    func finish(_ from: Int32, _ to: Int32, _ status: FileStatus) throws(Errno) {
        try Path.changeOwner(descriptor: to, uid: status.uid, gid: status.gid)
        try Path.changeMode(descriptor: to, status.permissions)
        for attribute in try TreeCopy.list({ () throws(Errno) in try ExtendedAttributes.names(descriptor: from) }) {
            let found = try ExtendedAttributes.get(attribute, descriptor: from)
            guard let value = owners.map({ ExtendedAttributes.seen(attribute, found, by: $0) }) ?? found else {
                continue
            }
            try ExtendedAttributes.set(attribute, to: value, descriptor: to)
        }
        try Path.setTimes(descriptor: to, accessed: status.accessed, modified: status.modified)
    }

    /// A file system without attributes has none to copy.
    static func list(_ names: () throws(Errno) -> [String]) throws(Errno) -> [String] {
        do throws(Errno) { return try names() } catch .notSupported { return [] }
    }
}
