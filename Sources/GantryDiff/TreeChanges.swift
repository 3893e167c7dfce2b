package import GantryCore
package import GantrySystem
import GantryTar

/// Finds what is different in a tree from the one that it was made of.
///
/// Names come in order, a directory before what is in it. Below a directory that is gone, nothing is told. A change of
/// content that keeps size, times and attributes is not seen, as with rsync and docker.
package struct TreeChanges {
    private var found: [TreeChange] = []

    // MARK: An overlay

    /// For one layer of an overlay and those below it, nearest first. Cost: a walk over what the layer itself holds.
    /// - Throws: `Errno`.
    package static func overlay(_ layer: String, parents: [String]) throws -> [TreeChange] {
        var changes = TreeChanges()
        let lower = try LowerLayers(parents)
        let root = SharedDescriptor(try File.open(layer, [.directory, .noFollow]))
        try changes.layerDirectory(root, EntryPath(plain: []), lower, isNew: false)
        return changes.found
    }

    private mutating func layerDirectory(
        _ directory: SharedDescriptor, _ path: EntryPath, _ lower: LowerLayers, isNew: Bool
    ) throws {
        for entry in try TreeComparison.sorted(directory) {
            do {
                try layerEntry(entry.name, directory, path.appending(entry.name.bytes), lower, isNew: isNew)
            } catch let error as Errno {
                // It went while we were on our way to it.
                if error != .noEntry { throw error }
            }
        }
    }

    private mutating func layerEntry(
        _ name: RawPath, _ directory: SharedDescriptor, _ path: EntryPath, _ lower: LowerLayers, isNew: Bool
    ) throws {
        let status = try name.status(at: directory.raw)
        let before = isNew ? nil : try lower.find(path)
        if Whiteout.isWhiteout(status) {
            if before != nil { tell(.deleted, path) }
            return
        }
        guard status.kind == .directory else {
            return tell(before == nil ? .added : .changed, path)
        }
        let handle = SharedDescriptor(try name.open([.directory, .noFollow], at: directory.raw))
        guard let before, before.status.kind == .directory else {
            tell(before == nil ? .added : .changed, path)
            return try layerDirectory(handle, path, lower, isNew: true)
        }
        let old = SharedDescriptor(try name.open([.directory, .noFollow], at: before.parent.raw))
        let change = try TreeComparison.difference(path.bytes, before.status, status, old.raw, handle.raw)
        if let change { found.append(change) }
        // What an opaque directory hides is gone, as far as it did not come again.
        if LowerLayers.isOpaque(handle.raw) {
            try opaque(handle, path, lower)
        } else {
            try layerDirectory(handle, path, lower, isNew: false)
        }
    }

    private mutating func opaque(_ directory: SharedDescriptor, _ path: EntryPath, _ lower: LowerLayers) throws {
        let now = Set(try RawDirectory.list(descriptor: directory.raw).map(\.name))
        for name in try lower.names(in: path) where !now.contains(name) {
            tell(.deleted, path.appending(name.bytes))
        }
        try layerDirectory(directory, path, lower, isNew: false)
    }

    // MARK: Two whole trees

    /// For two directories that hold everything. Cost: a walk over both.
    /// - Throws: `Errno`.
    package static func trees(from old: SharedDescriptor, to new: SharedDescriptor) throws -> [TreeChange] {
        var comparison = TreeComparison()
        try comparison.contents(from: old, to: new, [])
        return comparison.changes
    }

    private mutating func tell(_ kind: TreeChange.Kind, _ path: EntryPath) {
        found.append(TreeChange(kind: kind, path: path.bytes))
    }
}
