import GantrySystem

extension TreeWriter {
    /// A descriptor of the directory that `path` goes into; directories on the way are made when missing.
    mutating func parent(of path: EntryPath) throws -> SharedDescriptor {
        let directory = path.parent
        if directory.isRoot { return root }
        if let handle = parents.find(directory) { return handle }
        let name = RawPath(directory.bytes)
        let handle: SharedDescriptor
        do throws(Errno) {
            handle = SharedDescriptor(try name.open([.path, .directory], below: root.raw))
        } catch .noEntry {
            handle = try walk(directory)
        } catch .notDirectory {
            handle = try walk(directory)
        } catch .loop {
            handle = try walk(directory)
        }
        if style == .plain, !isFresh { try keepTimes(directory, handle.raw) }
        parents.add(directory, handle)
        return handle
    }

    /// A directory of the parents whose content changes keeps its times, as in the world of overlays.
    private mutating func keepTimes(_ directory: EntryPath, _ handle: Int32) throws {
        if directories.contains(directory) { return }
        let status = try FileStatus.of(descriptor: handle)
        directories.set(DeferredDirectories.Directory(path: directory, modified: status.modified))
    }

    /// Goes down part by part, as the merged tree of this layer and its parents would be walked: follows symbolic links
    /// below the root, makes what this layer lacks.
    private mutating func walk(_ directory: EntryPath) throws -> SharedDescriptor {
        var place = EntryPath(plain: [])
        var handle = root
        var parts = Array(directory.bytes.split(separator: 0x2f).reversed())
        var links = 0
        while let part = parts.popLast() {
            if part.elementsEqual([0x2e]) { continue }
            if part.elementsEqual([0x2e, 0x2e]) {
                place = place.parent
                handle = try open(place)
                continue
            }
            let next = place.appending(part)
            if let link = try enter(next, handle) {
                links += 1
                if links > 40 { throw EntryRefusal(reason: "too many symbolic links") }
                if link.first == 0x2f {
                    place = EntryPath(plain: [])
                    handle = root
                }
                parts.append(contentsOf: link.split(separator: 0x2f).reversed())
                continue
            }
            handle = SharedDescriptor(try next.name.open([.path, .directory, .noFollow], at: handle.raw))
            place = next
        }
        return handle
    }

    private func open(_ place: EntryPath) throws -> SharedDescriptor {
        if place.isRoot { return root }
        let resolve: File.Resolve = [.beneath, .noSymlinks, .noMagicLinks]
        return SharedDescriptor(
            try RawPath(place.bytes).open([.path, .directory], below: root.raw, resolve: resolve))
    }

    /// Sees to it that `path` in `parent` is a directory of this layer; or the text of the symbolic link it is.
    private mutating func enter(_ path: EntryPath, _ parent: SharedDescriptor) throws -> [UInt8]? {
        let name = path.name
        do throws(Errno) {
            let status = try name.status(at: parent.raw)
            switch status.kind {
            case .directory: return nil
            case .symlink: return try name.readLink(at: parent.raw).bytes
            default:
                guard style == .overlay, Whiteout.isWhiteout(status) else {
                    throw Errno.notDirectory
                }
            }
        } catch .noEntry {
            return try enterLower(path, parent)
        }
        // Hidden by this layer: what comes now has nothing to do with what was there.
        _ = try makeDirectory(name, path, parent, mode: 0o755)
        count(bytes: 4096)
        return nil
    }

    /// The same for a name that this layer does not have yet: what the parents say counts.
    private mutating func enterLower(_ path: EntryPath, _ parent: SharedDescriptor) throws -> [UInt8]? {
        let name = path.name
        defer { remember(path) }
        guard let found = try findLower(path) else {
            try name.makeDirectory(mode: 0o755, at: parent.raw)
            count(bytes: 4096)
            return nil
        }
        if found.status.kind == .symlink { return try name.readLink(at: found.parent.raw).bytes }
        guard found.status.kind == .directory else { throw Errno.notDirectory }
        let status = found.status
        try name.makeDirectory(mode: status.permissions & 0o1777, at: parent.raw)
        if status.uid != 0 || status.gid != 0 {
            try name.changeOwner(uid: status.uid, gid: status.gid, at: parent.raw)
        }
        let source = try name.open([.directory, .noFollow], at: found.parent.raw)
        directories.set(
            DeferredDirectories.Directory(
                path: path, mode: status.permissions, modified: status.modified,
                attributes: try LowerLayers.attributes(descriptor: source.raw)))
        count(bytes: 4096)
        return nil
    }

    /// Looks `path` up in the parents, unless this layer hides them there.
    func findLower(_ path: EntryPath) throws -> LowerLayers.Found? {
        if lower.isEmpty { return nil }
        for hidden in opaque where path.isAtOrBelow(hidden) && path != hidden { return nil }
        return try lower.find(path)
    }

    /// Brings a file of a lower layer into this one, so that it can be linked to. Nothing to do when it is here.
    mutating func copyUp(_ path: EntryPath, _ parent: SharedDescriptor) throws {
        if lower.isEmpty { return }
        let name = path.name
        if let status = try statusIfThere(name, parent.raw) {
            if !Whiteout.isWhiteout(status) { return }
            throw EntryRefusal(reason: "a hard link to '\(TarEntry.display(path.bytes))', which is not there")
        }
        // The parent may have been reached through links: the kernel knows where it really is.
        let place = try canonical(path, parent)
        guard let found = try findLower(place), found.status.kind != .directory else { return }
        try LowerLayers.copy(found, name, to: parent.raw)
        count(bytes: found.status.size)
    }

    private func statusIfThere(_ name: RawPath, _ parent: Int32) throws(Errno) -> FileStatus? {
        do throws(Errno) { return try name.status(at: parent) } catch {
            if error == .noEntry { return nil }
            throw error
        }
    }

    /// Where `path` is when links on the way are resolved.
    private func canonical(_ path: EntryPath, _ parent: SharedDescriptor) throws -> EntryPath {
        let top = try Path.readLink(Path.ofDescriptor(root.raw))
        let here = try RawPath(Path.ofDescriptor(parent.raw)).readLink(at: File.here).bytes
        guard here.starts(with: top.utf8) else { return path }
        let below = here.dropFirst(top.utf8.count).drop { $0 == 0x2f }
        return EntryPath(plain: Array(below)).appending(path.nameBytes)
    }
}
