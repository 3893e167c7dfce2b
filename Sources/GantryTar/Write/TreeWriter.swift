package import GantrySystem

/// Writes the entries of an archive below a root descriptor, whatever they say.
///
/// Nothing is followed by name: parents are opened by openat2(2) below the root and kept as descriptors, the last part of
/// a name is created exclusively and never followed. A plain file costs openat, write, utimensat and close.
///
/// Knows three worlds, see `Style`.
package struct TreeWriter {
    /// What the directory is, and so what an entry means in it.
    package enum Style: Sendable {
        /// The directory holds everything, the parents' files too: a whiteout removes.
        case plain
        /// The directory holds one layer of an overlay: a whiteout is written down; the parents are looked up beside it.
        case overlay
        /// The directory holds people's files, to which the archive adds: there are no whiteouts.
        case files
    }

    let style: Style
    let rules: FileRules
    let root: SharedDescriptor
    let lower: LowerLayers
    /// Nothing was there before: nothing can be inherited, replaced or need its times kept.
    let isFresh: Bool

    package private(set) var usage = WrittenUsage()
    var parents = ParentCache()
    var directories = DeferredDirectories()
    /// What this layer brought and the directories above, where that matters: whiteouts hide lower layers only.
    var made: Set<EntryPath> = []
    /// Directories that this layer made opaque.
    var opaque: Set<EntryPath> = []

    // The file being written.
    private var file: Int32 = -1
    private var entry = TarEntry()

    /// For a layer.
    /// - Parameters:
    ///   - directory: where it is written.
    ///   - style: `.plain` or `.overlay`.
    ///   - parents: for `.overlay`, the directories of the layers below, nearest first.
    /// - Throws: `Errno` of a directory that cannot be opened.
    package init(layer directory: String, _ style: Style, parents: [String]) throws {
        self.style = style
        rules = FileRules()
        root = SharedDescriptor(try File.open(directory, [.directory, .noFollow]))
        lower = try LowerLayers(parents)
        isFresh = try RawDirectory.list(descriptor: root.raw).isEmpty
    }

    /// For files. `root` is as far as links and `..` lead.
    package init(files root: SharedDescriptor, _ rules: FileRules) throws {
        style = .files
        self.rules = rules
        self.root = root
        lower = try LowerLayers([])
        isFresh = false
    }

    /// Starts an entry; a file stays open for `write` until `end`.
    package mutating func begin(_ entry: TarEntry) throws {
        var entry = entry
        if let owner = rules.owner { (entry.uid, entry.gid) = (owner.uid, owner.gid) }
        if let owners = rules.owners {
            guard let uid = owners.outside(entry.uid), let gid = owners.outside(entry.gid) else {
                throw EntryRefusal(
                    reason: "owner \(entry.uid):\(entry.gid) has no id in the container, which has \(owners.count)")
            }
            (entry.uid, entry.gid) = (uid, gid)
        }
        if rules.dropsSetID { entry.mode &= 0o1777 }
        let path = try place(entry.path)
        if path.isRoot {
            guard entry.kind == .directory else { throw EntryRefusal(reason: "the root is not a directory") }
            try directory(entry, path)
            return
        }
        if style != .files {
            if path.nameBytes.starts(with: Whiteout.prefix) {
                try whiteout(path)
                return
            }
            // What old aufs kept for itself.
            if path.bytes.starts(with: Whiteout.metadata) { return }
        }
        switch entry.kind {
        case .file: try beginFile(entry, path)
        case .directory: try directory(entry, path)
        case .hardLink: try hardLink(entry, path)
        case .symbolicLink, .fifo, .blockDevice, .characterDevice: try node(entry, path)
        case .other(let type): throw EntryRefusal(reason: "unknown type '\(Character(UnicodeScalar(type)))'")
        }
        remember(path)
    }

    package mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        if file >= 0 { try File.write(file, bytes, at: offset) }
    }

    /// Ends the entry: attributes that writing would have changed come last.
    package mutating func end() throws {
        guard file >= 0 else { return }
        let descriptor = OwnedDescriptor(file)
        file = -1
        if entry.segments != nil { try File.truncate(descriptor.raw, to: entry.size) }
        let owns = entry.uid != 0 || entry.gid != 0 || !isFresh
        if owns { try Path.changeOwner(descriptor: descriptor.raw, uid: entry.uid, gid: entry.gid) }
        // chown(2) takes set-id bits away; in a directory with default ACLs the mode may have been cut.
        if !isFresh || (owns && entry.mode & 0o6000 != 0) {
            try Path.changeMode(descriptor: descriptor.raw, entry.mode)
        }
        for attribute in entry.attributes { try set(attribute, descriptor.raw) }
        let time = TreeWriter.time(entry.modified)
        try Path.setTimes(descriptor: descriptor.raw, accessed: time, modified: time)
        let stored = entry.segments.map { $0.reduce(0) { $0 + $1.length } } ?? entry.size
        count(bytes: stored)
    }

    /// Sets what later entries would have disturbed: times, modes and attributes of directories, the deepest first.
    package mutating func finish() throws {
        if file >= 0 { try end() }
        parents.removeAll()
        for directory in directories.all.reversed() { try finish(directory) }
    }

    private func finish(_ directory: DeferredDirectories.Directory) throws {
        let path = RawPath(directory.path.isRoot ? [0x2e] : directory.path.bytes)
        do throws(Errno) {
            let handle = try path.open([.directory, .noFollow], below: root.raw)
            if let mode = directory.mode { try Path.changeMode(descriptor: handle.raw, mode) }
            for attribute in directory.attributes { try set(attribute, handle.raw) }
            if let time = directory.modified {
                try Path.setTimes(descriptor: handle.raw, accessed: time, modified: time)
            }
        } catch {
            // Replaced by a later entry that reached it by another name.
            if error != .noEntry && error != .notDirectory && error != .loop { throw error }
        }
    }

    // MARK: shared by the kinds

    private mutating func beginFile(_ entry: TarEntry, _ path: EntryPath) throws {
        let parent = try parent(of: path)
        let name = path.name
        let flags: File.Flags = [.write, .create, .exclusive, .noFollow]
        do throws(Errno) {
            file = try name.open(flags, mode: entry.mode, at: parent.raw).release()
        } catch .exists {
            do {
                try replace(name, path, parent, with: .file)
                file = try name.open(flags, mode: entry.mode, at: parent.raw).release()
            } catch let error as Errno {
                // A file that is mounted, such as a container's /etc/hosts, can be written but not replaced.
                guard style == .files, error == .busy else { throw error }
                file = try name.open([.write, .truncate, .noFollow], at: parent.raw).release()
            }
        }
        self.entry = entry
    }

    /// Where a name of the archive lies below the root.
    func place(_ name: [UInt8]) throws -> EntryPath {
        let path = try EntryPath(name)
        if rules.place.isEmpty { return path }
        return path.isRoot ? EntryPath(plain: rules.place) : EntryPath(plain: rules.place).appending(path.bytes)
    }

    mutating func count(bytes: Int64) {
        usage.inodes += 1
        usage.bytes += (bytes + 4095) & ~4095
    }

    mutating func remember(_ path: EntryPath) {
        if style != .plain || isFresh { return }
        var path = path
        while !path.isRoot, made.insert(path).inserted { path = path.parent }
    }

    static func time(_ time: TarTime) -> FileTime {
        FileTime(seconds: time.seconds, nanoseconds: Int64(time.nanoseconds))
    }

    /// Sets one attribute; what belongs to overlayfs itself must not come from an archive, and what the file system
    /// cannot hold is left out, as everywhere.
    func set(_ attribute: TarAttribute, _ descriptor: Int32) throws(Errno) {
        guard let name = TreeWriter.permitted(attribute) else { return }
        do throws(Errno) {
            try ExtendedAttributes.set(name, to: attribute.value, descriptor: descriptor)
        } catch {
            // Who is not root may set few.
            if error != .notSupported && !(style == .files && error == .perm) { throw error }
        }
    }

    /// The same for what cannot be opened. EPERM: `user.*` exists on files and directories only.
    func set(_ attribute: TarAttribute, _ path: RawPath) throws {
        guard let name = TreeWriter.permitted(attribute) else { return }
        do throws(Errno) {
            try ExtendedAttributes.set(name, to: attribute.value, path)
        } catch {
            if error != .notSupported && error != .perm { throw error }
        }
    }

    static func permitted(_ attribute: TarAttribute) -> String? {
        let name = String(decoding: attribute.name, as: UTF8.self)
        return name.hasPrefix("trusted.overlay.") || name.hasPrefix("user.overlay.") ? nil : name
    }

    /// Removes what stands where a new entry of another kind goes.
    mutating func replace(
        _ name: RawPath, _ path: EntryPath, _ parent: SharedDescriptor, with kind: TarEntry.Kind? = nil
    ) throws {
        let status = try name.status(at: parent.raw)
        if rules.keepsKind, let kind, (status.kind == .directory) != (kind == .directory) {
            throw EntryRefusal(
                reason: kind == .directory
                    ? "a directory cannot replace what is no directory" : "only a directory can replace a directory")
        }
        if status.kind == .directory || status.kind == .symlink {
            // Descriptors in the cache may lead into or through it.
            parents.removeAll()
            directories.remove(atOrBelow: path)
        }
        try RawDirectory.removeTree(name, at: parent.raw)
        if status.kind == .directory {
            made = made.filter { !$0.isAtOrBelow(path) }
            opaque = opaque.filter { !$0.isAtOrBelow(path) }
        }
    }

    /// Closes a file that a failure left open.
    package mutating func abandon() {
        if file >= 0 { _ = OwnedDescriptor(file) }
        file = -1
    }
}
