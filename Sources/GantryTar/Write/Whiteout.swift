package import GantrySystem

/// How layers say that something is gone.
///
/// Source: OCI image-spec v1.1, layer.md, "Whiteouts"; Linux, Documentation/filesystems/overlayfs.rst, "whiteouts and
/// opaque directories".
package enum Whiteout {
    static let prefix = Array(".wh.".utf8)
    /// Names that aufs kept for itself.
    static let metadata = Array(".wh..wh.".utf8)
    static let opaque = Array(".wh..wh..opq".utf8)

    enum Meaning {
        /// Nothing of lower layers shows in the directory.
        case empties(EntryPath)
        /// Nothing of lower layers shows at the name.
        case hides(EntryPath)
        case nothing
    }

    /// What an entry says whose name begins with `prefix`.
    /// - Throws: `EntryRefusal` for one that hides no name.
    static func meaning(of path: EntryPath) throws -> Meaning {
        let name = path.nameBytes
        if name.elementsEqual(opaque) { return .empties(path.parent) }
        if name.starts(with: metadata) { return .nothing }
        let hidden = name.dropFirst(prefix.count)
        if hidden.isEmpty || hidden.elementsEqual([0x2e]) || hidden.elementsEqual([0x2e, 0x2e]) {
            throw EntryRefusal(reason: "a whiteout of no name")
        }
        return .hides(path.parent.appending(hidden))
    }

    /// Whether it is overlayfs's mark for what is gone.
    package static func isWhiteout(_ status: FileStatus) -> Bool {
        status.kind == .characterDevice && status.deviceMajor == 0 && status.deviceMinor == 0
    }
}

extension TreeWriter {
    /// Carries out `.wh.name` or `.wh..wh..opq`; other names of aufs mean nothing.
    mutating func whiteout(_ path: EntryPath) throws {
        switch try Whiteout.meaning(of: path) {
        case .empties(let directory): try empty(directory)
        case .hides(let hidden): try hide(hidden)
        case .nothing: return
        }
    }

    /// Hides what lower layers have at `path`; what this layer brought stays.
    mutating func hide(_ path: EntryPath) throws {
        let parent = try parent(of: path)
        let name = path.name
        if style == .plain {
            if isFresh { return }
            if !made.contains(path) {
                try replace(name, path, parent, ifThere: true)
            } else if try name.status(at: parent.raw).kind == .directory {
                try prune(path, name, parent.raw)
            }
            return
        }
        if lower.isEmpty { return }
        do throws(Errno) {
            try name.makeNode(mode: FileStatus.Kind.characterDevice.rawValue, at: parent.raw)
            count(bytes: 0)
        } catch .exists {
            // A file of this layer hides the lower one by itself.
            if try name.status(at: parent.raw).kind == .directory { try makeOpaque(name, path, parent) }
        }
    }

    /// Hides everything that lower layers have below the directory `path`.
    private mutating func empty(_ path: EntryPath) throws {
        let handle = try parent(of: path.appending([0x2e]))
        if style == .plain {
            if !isFresh { try prune(path, RawPath("."), handle.raw) }
        } else if !lower.isEmpty {
            try markOpaque(handle.raw)
            opaque.insert(path)
        }
    }

    /// Marks a directory that this layer made in place of something else.
    mutating func makeOpaque(_ name: RawPath, _ path: EntryPath, _ parent: SharedDescriptor) throws {
        if style == .plain || lower.isEmpty { return }
        let handle = try name.open([.path, .directory, .noFollow], at: parent.raw)
        try markOpaque(handle.raw)
        opaque.insert(path)
    }

    private func markOpaque(_ directory: Int32) throws {
        // Attributes need a descriptor that is open for more than its path.
        let handle = try RawPath(".").open(.directory, at: directory)
        try ExtendedAttributes.set("trusted.overlay.opaque", to: [0x79], descriptor: handle.raw)
    }

    private mutating func replace(
        _ name: RawPath, _ path: EntryPath, _ parent: SharedDescriptor, ifThere: Bool
    ) throws {
        do { try replace(name, path, parent) } catch let error as Errno {
            if error != .noEntry { throw error }
        }
    }

    /// Removes everything below a directory that this layer did not bring.
    private mutating func prune(_ path: EntryPath, _ name: RawPath, _ parent: Int32) throws {
        let handle = SharedDescriptor(try name.open([.directory, .noFollow], at: parent))
        for entry in try RawDirectory.list(descriptor: handle.raw) {
            let child = path.appending(entry.name.bytes)
            if !made.contains(child) {
                try replace(entry.name, child, handle)
            } else if entry.kind == .directory {
                try prune(child, entry.name, handle.raw)
            }
        }
    }
}
