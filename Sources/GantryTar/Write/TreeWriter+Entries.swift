import GantrySystem

extension TreeWriter {
    /// A directory: made, or brought to what the entry says when it is there.
    ///
    /// Set-id bits wait for the end, so that nothing made inside inherits the group; attributes wait because default
    /// ACLs are inherited too.
    mutating func directory(_ entry: TarEntry, _ path: EntryPath) throws {
        if path.isRoot {
            try Path.changeOwner(descriptor: root.raw, uid: entry.uid, gid: entry.gid)
            try Path.changeMode(descriptor: root.raw, entry.mode & 0o1777)
        } else {
            let parent = try parent(of: path)
            let name = path.name
            let isNew = try makeDirectory(name, path, parent, mode: entry.mode & 0o1777)
            if !isNew { try name.changeMode(entry.mode & 0o1777, at: parent.raw) }
            if entry.uid != 0 || entry.gid != 0 || !isNew || !isFresh {
                try name.changeOwner(uid: entry.uid, gid: entry.gid, at: parent.raw)
            }
            if isNew { count(bytes: 4096) }
        }
        directories.set(
            DeferredDirectories.Directory(
                path: path, mode: entry.mode & 0o6000 != 0 || !isFresh ? entry.mode : nil,
                modified: TreeWriter.time(entry.modified), attributes: entry.attributes))
    }

    /// True when it was made; false when a directory was there. Anything else that was there is replaced, and then
    /// nothing that a lower layer has at this name may shine through.
    mutating func makeDirectory(
        _ name: RawPath, _ path: EntryPath, _ parent: SharedDescriptor, mode: UInt32
    ) throws -> Bool {
        do throws(Errno) {
            try name.makeDirectory(mode: mode, at: parent.raw)
            return true
        } catch {
            if error != .exists { throw error }
            if try name.status(at: parent.raw).kind == .directory { return false }
            try replace(name, path, parent, with: .directory)
            try name.makeDirectory(mode: mode, at: parent.raw)
            try makeOpaque(name, path, parent)
            return true
        }
    }

    /// Symbolic links, devices and fifos.
    mutating func node(_ entry: TarEntry, _ path: EntryPath) throws {
        if style != .files, entry.kind == .characterDevice, entry.major == 0, entry.minor == 0 {
            // An overlay's own mark, copied into an archive by a tool that did not know it.
            try hide(path)
            return
        }
        let parent = try parent(of: path)
        let name = path.name
        if try !TreeWriter.make(entry, name, parent.raw) {
            try replace(name, path, parent, with: entry.kind)
            _ = try TreeWriter.make(entry, name, parent.raw)
        }
        try finish(entry, name, parent.raw)
        count(bytes: 0)
    }

    private func finish(_ entry: TarEntry, _ name: RawPath, _ parent: Int32) throws {
        let owns = entry.uid != 0 || entry.gid != 0 || !isFresh
        if owns { try name.changeOwner(uid: entry.uid, gid: entry.gid, at: parent) }
        let losesBits = owns && entry.mode & 0o6000 != 0
        if entry.kind != .symbolicLink, losesBits || !isFresh { try name.changeMode(entry.mode, at: parent) }
        for attribute in entry.attributes { try set(attribute, name.below(descriptor: parent)) }
        let time = TreeWriter.time(entry.modified)
        try name.setTimes(accessed: time, modified: time, at: parent)
    }

    /// False when something has the name already.
    private static func make(_ entry: TarEntry, _ name: RawPath, _ parent: Int32) throws(Errno) -> Bool {
        do throws(Errno) {
            try create(entry, name, parent)
            return true
        } catch {
            if error == .exists { return false }
            throw error
        }
    }

    private static func create(_ entry: TarEntry, _ name: RawPath, _ parent: Int32) throws(Errno) {
        switch entry.kind {
        case .symbolicLink: try name.makeSymlink(to: RawPath(entry.link), at: parent)
        case .fifo: try name.makeNode(mode: FileStatus.Kind.fifo.rawValue | entry.mode, at: parent)
        case .blockDevice:
            try name.makeNode(
                mode: FileStatus.Kind.blockDevice.rawValue | entry.mode, major: entry.major, minor: entry.minor,
                at: parent)
        default:
            try name.makeNode(
                mode: FileStatus.Kind.characterDevice.rawValue | entry.mode, major: entry.major,
                minor: entry.minor, at: parent)
        }
    }

    /// Another name for a file of this layer, or of a lower one, which is then copied up first.
    mutating func hardLink(_ entry: TarEntry, _ path: EntryPath) throws {
        let target = try place(entry.link)
        if target.isRoot { throw EntryRefusal(reason: "a hard link to the root") }
        if target == path { return }
        let source = try self.parent(of: target)
        try copyUp(target, source)
        let parent = try parent(of: path)
        let name = path.name
        do throws(Errno) {
            try name.makeLink(to: target.name, in: source.raw, at: parent.raw)
        } catch {
            let place = TarEntry.display(entry.link)
            if error == .perm { throw EntryRefusal(reason: "a hard link to '\(place)', which is a directory") }
            if error == .noEntry { throw EntryRefusal(reason: "a hard link to '\(place)', which is not there") }
            if error != .exists { throw error }
            try replace(name, path, parent, with: .hardLink)
            try name.makeLink(to: target.name, in: source.raw, at: parent.raw)
        }
    }
}
