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
        for entry in try Self.sorted(directory) {
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
        if let change = try Self.difference(path, before.status, status, old.raw, handle.raw) { found.append(change) }
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
        var changes = TreeChanges()
        try changes.compare(old, new, EntryPath(plain: []))
        return changes.found
    }

    private mutating func tell(_ kind: TreeChange.Kind, _ path: EntryPath) {
        found.append(TreeChange(kind: kind, path: path.bytes))
    }

    private mutating func compare(_ old: SharedDescriptor, _ new: SharedDescriptor, _ path: EntryPath) throws {
        var left = try Self.sorted(old)[...]
        var right = try Self.sorted(new)[...]
        while !left.isEmpty || !right.isEmpty {
            let order = Self.order(left.first?.name, right.first?.name)
            let name = order > 0 ? right[right.startIndex].name : left[left.startIndex].name
            if order <= 0 { left = left.dropFirst() }
            if order >= 0 { right = right.dropFirst() }
            let place = path.appending(name.bytes)
            if order < 0 {
                tell(.deleted, place)
            } else if order > 0 {
                try added(name, new, place)
            } else {
                try both(name, old, new, place)
            }
        }
    }

    private mutating func added(
        _ name: RawPath, _ directory: SharedDescriptor, _ path: EntryPath, kind: TreeChange.Kind = .added
    )
        throws
    {
        tell(kind, path)
        guard try name.status(at: directory.raw).kind == .directory else { return }
        let handle = SharedDescriptor(try name.open([.directory, .noFollow], at: directory.raw))
        for entry in try Self.sorted(handle) { try added(entry.name, handle, path.appending(entry.name.bytes)) }
    }

    private mutating func both(
        _ name: RawPath, _ old: SharedDescriptor, _ new: SharedDescriptor, _ path: EntryPath
    ) throws {
        let (before, now) = (try name.status(at: old.raw), try name.status(at: new.raw))
        if before.kind != now.kind { return try added(name, new, path, kind: .changed) }
        switch now.kind {
        case .directory:
            let from = SharedDescriptor(try name.open([.directory, .noFollow], at: old.raw))
            let to = SharedDescriptor(try name.open([.directory, .noFollow], at: new.raw))
            if let change = try Self.difference(path, before, now, from.raw, to.raw) { found.append(change) }
            try compare(from, to, path)
        case .symlink:
            let isSame = try name.readLink(at: old.raw) == name.readLink(at: new.raw)
            if !isSame || before.uid != now.uid || before.gid != now.gid {
                tell(.changed, path)
            }
        case .regular:
            if before.size != now.size || before.modified != now.modified || Self.owner(before) != Self.owner(now) {
                return tell(.changed, path)
            }
            let from = try name.open([.noFollow, .nonblocking], at: old.raw)
            let to = try name.open([.noFollow, .nonblocking], at: new.raw)
            let (was, isNow) = (
                try LowerLayers.attributes(descriptor: from.raw), try LowerLayers.attributes(descriptor: to.raw)
            )
            if was != isNow {
                tell(.changed, path)
            }
        default:
            if Self.owner(before) != Self.owner(now) { tell(.changed, path) }
        }
    }

    // MARK: Shared

    /// What changed of a directory itself.
    private static func difference(
        _ path: EntryPath, _ before: FileStatus, _ now: FileStatus, _ old: Int32, _ new: Int32
    ) throws -> TreeChange? {
        let isSame =
            try owner(before) == owner(now)
            && LowerLayers.attributes(descriptor: old) == LowerLayers.attributes(descriptor: new)
        if !isSame {
            return TreeChange(kind: .changed, path: path.bytes)
        }
        return before.modified == now.modified ? nil : TreeChange(kind: .changed, path: path.bytes, isOnlyTimes: true)
    }

    /// Everything that chmod, chown and mknod decide.
    private static func owner(_ status: FileStatus) -> [UInt32] {
        [status.mode, status.uid, status.gid, status.deviceMajor, status.deviceMinor]
    }

    private static func sorted(_ directory: SharedDescriptor) throws(Errno) -> [RawDirectory.Entry] {
        try RawDirectory.list(descriptor: directory.raw).sorted { before($0.name, $1.name) }
    }

    private static func before(_ left: RawPath, _ right: RawPath) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    /// What is not there comes last.
    private static func order(_ left: RawPath?, _ right: RawPath?) -> Int {
        guard let left else { return 1 }
        guard let right else { return -1 }
        return left == right ? 0 : before(left, right) ? -1 : 1
    }
}
