import GantryErofs
import GantrySystem

/// Writes the entries of a layer's archive into an image of erofs that is one layer of an overlay: what `TreeWriter` does
/// with files, done with nodes.
///
/// Nothing of the archive is a path of this machine here, so that nothing in it can lead anywhere. Content goes to the image
/// as it comes; an entry costs no system call.
package struct ImageWriter: TarSink {
    var image: ErofsWriter
    let lower: LowerLayers
    private let file: SharedDescriptor
    /// Directories that hide what lower layers have below them.
    var opaque: Set<EntryPath> = []
    /// The directory that was written into last: archives are walks of trees.
    var last: (path: EntryPath, place: Place)?
    private var size: Int64?
    private var inodes: Int64 = 1

    /// A directory of this layer, and where it is without links on the way.
    struct Place {
        var node: Int
        var path: EntryPath
    }

    /// - Parameters:
    ///   - path: of the image, which must not be there.
    ///   - parents: the directories of the layers below, nearest first.
    package init(image path: String, parents: [String]) throws {
        lower = try LowerLayers(parents)
        var root = ErofsFacts(kind: .directory, permissions: 0o755)
        // The topmost directory is the root that the container sees, so it must look like the parent's.
        if let parent = parents.first { root = ErofsFacts(try FileStatus.of(parent)) }
        file = SharedDescriptor(try File.open(path, [.write, .create, .exclusive], mode: 0o600))
        image = ErofsWriter(file, root: root)
    }

    /// The space that the image takes.
    package var usage: WrittenUsage {
        var usage = WrittenUsage()
        usage.inodes = inodes
        usage.bytes = ((try? FileStatus.of(descriptor: file.raw))?.blocks ?? 0) * 512
        return usage
    }

    package mutating func begin(_ entry: TarEntry) throws {
        let path = try EntryPath(entry.path)
        if path.isRoot {
            guard entry.kind == .directory else { throw EntryRefusal(reason: "the root is not a directory") }
            try set(entry, of: ErofsWriter.root)
            return
        }
        if path.nameBytes.starts(with: Whiteout.prefix) { return try whiteout(path) }
        // What old aufs kept for itself.
        if path.bytes.starts(with: Whiteout.metadata) { return }
        switch entry.kind {
        case .directory: try directory(entry, path)
        case .hardLink: try hardLink(entry, path)
        case .characterDevice where entry.major == 0 && entry.minor == 0:
            // An overlay's own mark, copied into an archive by a tool that did not know it.
            try hide(path)
        case .file, .symbolicLink, .fifo, .blockDevice, .characterDevice:
            // As the kernel would say.
            if entry.kind == .symbolicLink {
                if entry.link.isEmpty { throw Errno.noEntry }
                if entry.link.count >= 4096 { throw Errno.nameTooLong }
            }
            let place = try parent(of: path)
            let node = image.add(ImageWriter.facts(entry), target: entry.kind == .symbolicLink ? entry.link : [])
            try set(entry, of: node)
            try replace(path, with: node, in: place)
            if entry.kind == .file {
                try image.beginContent(of: node, size: entry.size)
                size = entry.size
            }
        case .other(let type): throw EntryRefusal(reason: "unknown type '\(Character(UnicodeScalar(type)))'")
        }
    }

    package mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        if size != nil { try image.write(bytes, at: offset) }
    }

    package mutating func end() throws {
        guard let size else { return }
        self.size = nil
        image.endContent(size: size)
    }

    package mutating func finish() throws {
        try end()
        inodes = try image.finish()
    }

    package mutating func abandon() {}

    // MARK: entries

    static func facts(_ entry: TarEntry) -> ErofsFacts {
        let kind: FileStatus.Kind =
            switch entry.kind {
            case .directory: .directory
            case .symbolicLink: .symlink
            case .fifo: .fifo
            case .blockDevice: .blockDevice
            case .characterDevice: .characterDevice
            default: .regular
            }
        var facts = ErofsFacts(
            kind: kind, permissions: kind == .symlink ? 0o777 : entry.mode & 0o7777, uid: entry.uid, gid: entry.gid,
            modified: TreeWriter.time(entry.modified))
        (facts.major, facts.minor) = (entry.major, entry.minor)
        return facts
    }

    private mutating func set(_ entry: TarEntry, of node: Int) throws {
        image.set(ImageWriter.facts(entry), of: node)
        let isOpaque = image.isOpaque(node)
        try image.set(
            attributes: entry.attributes.filter { attribute in
                // `user.*` exists on files and directories only.
                TreeWriter.permitted(attribute) != nil
                    && (entry.kind == .file || entry.kind == .directory || !attribute.name.starts(with: "user.".utf8))
            }.map { ($0.name, $0.value) }, of: node)
        if isOpaque { try image.makeOpaque(node) }
    }

    private mutating func directory(_ entry: TarEntry, _ path: EntryPath) throws {
        let place = try parent(of: path)
        if let node = image.child(path.nameBytes, of: place.node), image.facts(node).kind == .directory {
            return try set(entry, of: node)
        }
        let node = try makeDirectory(path, in: place, ImageWriter.facts(entry))
        try set(entry, of: node)
    }

    /// Makes a directory; where it takes the place of something, nothing of a lower layer may shine through.
    mutating func makeDirectory(_ path: EntryPath, in place: Place, _ facts: ErofsFacts) throws -> Int {
        let isReplacing = image.child(path.nameBytes, of: place.node) != nil
        let node = image.add(facts)
        try replace(path, with: node, in: place)
        if isReplacing, !lower.isEmpty {
            try image.makeOpaque(node)
            opaque.insert(place.path.appending(path.nameBytes))
        }
        return node
    }

    /// Gives `node` the last name of `path` in `place`, whatever had it.
    /// - Throws: `.nameTooLong`.
    mutating func replace(_ path: EntryPath, with node: Int, in place: Place) throws(Errno) {
        if path.nameBytes.count > 255 { throw .nameTooLong }
        if let old = image.child(path.nameBytes, of: place.node) {
            let kind = image.facts(old).kind
            if kind == .directory || kind == .symlink {
                // The last directory may be reached through or lie below it.
                last = nil
                let whole = place.path.appending(path.nameBytes)
                opaque = opaque.filter { !$0.isAtOrBelow(whole) }
            }
        }
        image.link(node, as: Array(path.nameBytes), in: place.node)
    }

    private mutating func hardLink(_ entry: TarEntry, _ path: EntryPath) throws {
        let target = try EntryPath(entry.link)
        if target.isRoot { throw EntryRefusal(reason: "a hard link to the root") }
        if target == path { return }
        let source = try parent(of: target)
        let name = TarEntry.display(entry.link)
        guard let node = try image.child(target.nameBytes, of: source.node) ?? copyUp(target, source),
            !image.facts(node).isWhiteout
        else { throw EntryRefusal(reason: "a hard link to '\(name)', which is not there") }
        if image.facts(node).kind == .directory {
            throw EntryRefusal(reason: "a hard link to '\(name)', which is a directory")
        }
        let place = try parent(of: path)
        try replace(path, with: node, in: place)
    }

    // MARK: what is gone

    private mutating func whiteout(_ path: EntryPath) throws {
        switch try Whiteout.meaning(of: path) {
        case .empties:
            if lower.isEmpty { return }
            let place = try parent(of: path)
            try image.makeOpaque(place.node)
            opaque.insert(place.path)
        case .hides(let hidden): try hide(hidden)
        case .nothing: return
        }
    }

    /// Hides what lower layers have at `path`; what this layer brought stays.
    private mutating func hide(_ path: EntryPath) throws {
        let place = try parent(of: path)
        if lower.isEmpty { return }
        if let node = image.child(path.nameBytes, of: place.node) {
            // A file of this layer hides the lower one by itself.
            if image.facts(node).kind == .directory {
                try image.makeOpaque(node)
                opaque.insert(place.path.appending(path.nameBytes))
            }
            return
        }
        try replace(path, with: image.add(.whiteout), in: place)
    }
}

extension ErofsWriter {
    private static let mark = "trusted.overlay.opaque"

    /// Lets a directory hide what lower layers have below it.
    mutating func makeOpaque(_ directory: Int) throws(Errno) {
        try set(attribute: Self.mark, to: [0x79], of: directory)
    }

    func isOpaque(_ directory: Int) -> Bool { has(attribute: Self.mark, directory) }
}
