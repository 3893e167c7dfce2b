package import GantrySystem

/// The parents of an overlay layer, read as the kernel would merge them, without mounting.
///
/// Only for the few names that a layer leaves to be understood: implied directories, links on the way, targets of hard
/// links. Cost: an openat2 a layer and name at least.
package struct LowerLayers {
    package struct Found {
        /// The directory, in the layer that has it.
        package var parent: SharedDescriptor
        package var status: FileStatus
    }

    /// Top first.
    private let roots: [SharedDescriptor]

    package init(_ paths: [String]) throws {
        roots = try paths.map { SharedDescriptor(try File.open($0, [.path, .directory])) }
    }

    var isEmpty: Bool { roots.isEmpty }

    /// What the merged tree has at `path`, whose directories are no links; nil when it has nothing there.
    package func find(_ path: EntryPath) throws -> Found? {
        let parts = path.bytes.split(separator: 0x2f).map { RawPath($0) }
        guard let name = parts.last else { return nil }
        for root in roots {
            switch try LowerLayers.look(parts, name, root) {
            case .found(let found): return found
            case .hidden: return nil
            case .absent: continue
            }
        }
        return nil
    }

    /// What the merged tree has in the directory `path`.
    package func names(in path: EntryPath) throws -> [RawPath] {
        var names = Set<RawPath>()
        var hidden = Set<RawPath>()
        for (index, _) in roots.enumerated() {
            // Each layer is asked as if those above it were not there; what they hide is taken away.
            guard let found = try LowerLayers(roots: Array(roots[index...])).find(path) else { break }
            guard found.status.kind == .directory else { break }
            let directory = try path.name.open([.directory, .noFollow], at: found.parent.raw)
            for entry in try RawDirectory.list(descriptor: directory.raw) where !hidden.contains(entry.name) {
                if Whiteout.isWhiteout(try entry.name.status(at: directory.raw)) {
                    hidden.insert(entry.name)
                } else {
                    names.insert(entry.name)
                }
            }
            if LowerLayers.isOpaque(directory.raw) { break }
        }
        return names.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    private init(roots: [SharedDescriptor]) { self.roots = roots }

    private enum Look {
        case found(Found)
        /// Not here, and nothing below may show.
        case hidden
        case absent
    }

    private static func look(_ parts: [RawPath], _ name: RawPath, _ root: SharedDescriptor) throws -> Look {
        var handle = root
        var isOpaque = false
        for part in parts.dropLast() {
            let (next, refusal) = enter(part, handle)
            guard let next else {
                if refusal == .noEntry { return isOpaque ? .hidden : .absent }
                // ENOTDIR, ELOOP: a whiteout, or a file or link that hides whatever lies below.
                if refusal == .notDirectory || refusal == .loop { return .hidden }
                throw refusal
            }
            handle = next
            if !isOpaque { isOpaque = LowerLayers.isOpaque(handle.raw) }
        }
        do throws(Errno) {
            let status = try name.status(at: handle.raw)
            return Whiteout.isWhiteout(status) ? .hidden : .found(Found(parent: handle, status: status))
        } catch {
            if error != .noEntry { throw error }
            return isOpaque ? .hidden : .absent
        }
    }

    private static func enter(_ part: RawPath, _ parent: SharedDescriptor) -> (SharedDescriptor?, Errno) {
        do throws(Errno) {
            return (SharedDescriptor(try part.open([.directory, .noFollow], at: parent.raw)), .noEntry)
        } catch { return (nil, error) }
    }

    /// Whether a directory of a layer hides what is below it.
    package static func isOpaque(_ directory: Int32) -> Bool {
        (try? ExtendedAttributes.get("trusted.overlay.opaque", descriptor: directory)) == [0x79]
    }

    /// All attributes that are not overlayfs's own.
    package static func attributes(descriptor: Int32) throws -> [TarAttribute] {
        try names(descriptor).filter { !$0.hasPrefix("trusted.overlay.") }.map { name in
            let value = try ExtendedAttributes.get(name, descriptor: descriptor)
            return TarAttribute(name: Array(name.utf8), value: value)
        }
    }

    private static func names(_ descriptor: Int32) throws(Errno) -> [String] {
        do throws(Errno) {
            return try ExtendedAttributes.names(descriptor: descriptor)
        } catch {
            // A file system without attributes has none.
            if error == .notSupported { return [] }
            throw error
        }
    }

    /// Copies a file, link, device or fifo with all that can be seen of it.
    static func copy(_ found: Found, _ name: RawPath, to directory: Int32) throws {
        let status = found.status
        if status.kind == .regular {
            let source = try name.open(.noFollow, at: found.parent.raw)
            let target = try name.open([.write, .create, .exclusive, .noFollow], mode: 0o600, at: directory)
            var copy = FileCopy()
            try copy.copy(source.raw, target.raw, size: status.size)
            try Path.changeOwner(descriptor: target.raw, uid: status.uid, gid: status.gid)
            try Path.changeMode(descriptor: target.raw, status.permissions)
            for attribute in try attributes(descriptor: source.raw) {
                let name = String(decoding: attribute.name, as: UTF8.self)
                try ExtendedAttributes.set(name, to: attribute.value, descriptor: target.raw)
            }
            try Path.setTimes(descriptor: target.raw, accessed: status.accessed, modified: status.modified)
            return
        }
        if status.kind == .symlink {
            try name.makeSymlink(to: name.readLink(at: found.parent.raw), at: directory)
        } else {
            try name.makeNode(
                mode: status.mode, major: status.deviceMajor, minor: status.deviceMinor, at: directory)
        }
        try name.changeOwner(uid: status.uid, gid: status.gid, at: directory)
        if status.kind != .symlink { try name.changeMode(status.permissions, at: directory) }
        try name.setTimes(accessed: status.accessed, modified: status.modified, at: directory)
    }
}
