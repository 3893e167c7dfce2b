import GantryErofs
import GantrySystem

extension ImageWriter {
    /// The directory that `path` goes into: of this layer, made when missing, as the merged tree of this layer and its
    /// parents would be walked.
    mutating func parent(of path: EntryPath) throws -> Place {
        let directory = path.parent
        if directory.isRoot { return Place(node: ErofsWriter.root, path: directory) }
        if let last, last.path.bytes == directory.bytes { return last.place }
        let place = try walk(directory)
        last = (directory, place)
        return place
    }

    /// Goes down part by part, and follows symbolic links below the root.
    private mutating func walk(_ directory: EntryPath) throws -> Place {
        var place = Place(node: ErofsWriter.root, path: EntryPath(plain: []))
        var parts = Array(directory.bytes.split(separator: 0x2f).reversed())
        var links = 0
        while let part = parts.popLast() {
            if part.elementsEqual([0x2e]) { continue }
            if part.elementsEqual([0x2e, 0x2e]) {
                place = Place(node: image.parent(place.node), path: place.path.parent)
                continue
            }
            switch try enter(part, place) {
            case .directory(let node):
                place = Place(node: node, path: place.path.appending(part))
            case .link(let target):
                links += 1
                if links > 40 { throw EntryRefusal(reason: "too many symbolic links") }
                if target.first == 0x2f { place = Place(node: ErofsWriter.root, path: EntryPath(plain: [])) }
                parts.append(contentsOf: target.split(separator: 0x2f).reversed())
            }
        }
        return place
    }

    private enum Step {
        case directory(Int)
        case link([UInt8])
    }

    /// Sees to it that `part` of `place` is a directory of this layer; or the text of the symbolic link it is.
    private mutating func enter(_ part: ArraySlice<UInt8>, _ place: Place) throws -> Step {
        let path = place.path.appending(part)
        guard let node = image.child(part, of: place.node) else { return try enterLower(path, place) }
        let facts = image.facts(node)
        switch facts.kind {
        case .directory: return .directory(node)
        case .symlink: return .link(image.target(node))
        default:
            guard facts.isWhiteout else { throw Errno.notDirectory }
            // Hidden by this layer: what comes now has nothing to do with what was there.
            return .directory(
                try makeDirectory(path, in: place, ErofsFacts(kind: .directory, permissions: 0o755)))
        }
    }

    /// The same for a name that this layer does not have yet: what the parents say counts.
    private mutating func enterLower(_ path: EntryPath, _ place: Place) throws -> Step {
        guard let found = try findLower(path) else {
            return .directory(try makeDirectory(path, in: place, ErofsFacts(kind: .directory, permissions: 0o755)))
        }
        if found.status.kind == .symlink { return .link(try path.name.readLink(at: found.parent.raw).bytes) }
        guard found.status.kind == .directory else { throw Errno.notDirectory }
        let node = try makeDirectory(path, in: place, ErofsFacts(found.status))
        let source = try path.name.open([.directory, .noFollow], at: found.parent.raw)
        try set(LowerLayers.attributes(descriptor: source.raw), of: node)
        return .directory(node)
    }

    private mutating func set(_ attributes: [TarAttribute], of node: Int) throws {
        try image.set(attributes: attributes.map { ($0.name, $0.value) }, of: node)
    }

    /// Looks `path` up in the parents, unless this layer hides them there.
    private func findLower(_ path: EntryPath) throws -> LowerLayers.Found? {
        if lower.isEmpty { return nil }
        for hidden in opaque where path.isAtOrBelow(hidden) && path != hidden { return nil }
        return try lower.find(path)
    }

    /// Brings a file of a lower layer into this one, so that it can be linked to.
    mutating func copyUp(_ path: EntryPath, _ place: Place) throws -> Int? {
        let whole = place.path.appending(path.nameBytes)
        guard let found = try findLower(whole) else { return nil }
        let name = whole.name
        let status = found.status
        let isLink = status.kind == .symlink
        let target = isLink ? try name.readLink(at: found.parent.raw).bytes : []
        let node = image.add(ErofsFacts(status), target: target)
        if status.kind == .directory { return node }
        if status.kind == .regular {
            let source = try name.open(.noFollow, at: found.parent.raw)
            try set(LowerLayers.attributes(descriptor: source.raw), of: node)
            try image.beginContent(of: node, size: status.size)
            try image.writeContent(of: source.raw, size: status.size)
            image.endContent(size: status.size)
        }
        image.link(node, as: Array(path.nameBytes), in: place.node)
        return node
    }
}
