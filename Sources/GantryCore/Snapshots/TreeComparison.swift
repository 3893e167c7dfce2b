package import GantrySystem

/// Compares two trees name by name: what a walk over both finds, and what drivers that know better where to look tell.
///
/// Names come in the order of their bytes, a directory before what is in it. Below a directory that is gone, nothing is
/// told. A change of content that keeps size, times and attributes is not seen, as with rsync and docker.
package struct TreeComparison {
    /// What was found so far.
    package private(set) var changes: [TreeChange] = []

    /// A comparison that has found nothing yet.
    package init() {}

    /// Tells a change that the caller has found out.
    package mutating func tell(_ kind: TreeChange.Kind, _ path: [UInt8]) {
        changes.append(TreeChange(kind: kind, path: path))
    }

    /// Everything in two directories, but not these themselves. Cost: a walk over both.
    package mutating func contents(
        from old: SharedDescriptor, to new: SharedDescriptor, _ path: [UInt8]
    ) throws(Errno) {
        var left = try Self.sorted(old)[...]
        var right = try Self.sorted(new)[...]
        while !left.isEmpty || !right.isEmpty {
            let order = Self.order(left.first?.name, right.first?.name)
            let name = order > 0 ? right[right.startIndex].name : left[left.startIndex].name
            if order <= 0 { left = left.dropFirst() }
            if order >= 0 { right = right.dropFirst() }
            let place = Self.appending(path, name)
            if order < 0 {
                tell(.deleted, place)
            } else if order > 0 {
                try added(name, new, place)
            } else {
                try both(name, old, new, place)
            }
        }
    }

    /// A name that only the new tree has, or that is another kind of thing there; with all that is below it.
    package mutating func added(
        _ name: RawPath, _ directory: SharedDescriptor, _ path: [UInt8], kind: TreeChange.Kind = .added
    ) throws(Errno) {
        tell(kind, path)
        guard try name.status(at: directory.raw).kind == .directory else { return }
        let handle = SharedDescriptor(try name.open([.directory, .noFollow], at: directory.raw))
        for entry in try Self.sorted(handle) {
            try added(entry.name, handle, Self.appending(path, entry.name))
        }
    }

    /// A name that both trees have.
    /// - Parameter below: what tells the changes in it when it is a directory in both; without it, a walk over both.
    package mutating func both(
        _ name: RawPath, _ old: SharedDescriptor, _ new: SharedDescriptor, _ path: [UInt8],
        below: ((inout TreeComparison, SharedDescriptor, SharedDescriptor) throws(Errno) -> Void)? = nil
    ) throws(Errno) {
        let (before, now) = (try name.status(at: old.raw), try name.status(at: new.raw))
        if before.kind != now.kind { return try added(name, new, path, kind: .changed) }
        switch now.kind {
        case .directory:
            let from = SharedDescriptor(try name.open([.directory, .noFollow], at: old.raw))
            let to = SharedDescriptor(try name.open([.directory, .noFollow], at: new.raw))
            if let change = try Self.difference(path, before, now, from.raw, to.raw) { changes.append(change) }
            if let below { try below(&self, from, to) } else { try contents(from: from, to: to, path) }
        case .symlink:
            let isSame = try name.readLink(at: old.raw) == name.readLink(at: new.raw)
            if !isSame || before.uid != now.uid || before.gid != now.gid { tell(.changed, path) }
        case .regular:
            if before.size != now.size || before.modified != now.modified || Self.owner(before) != Self.owner(now) {
                return tell(.changed, path)
            }
            let from = try name.open([.noFollow, .nonblocking], at: old.raw)
            let to = try name.open([.noFollow, .nonblocking], at: new.raw)
            if try Self.attributes(from.raw) != Self.attributes(to.raw) { tell(.changed, path) }
        default:
            if Self.owner(before) != Self.owner(now) { tell(.changed, path) }
        }
    }

    /// What changed of a directory itself; nil when nothing did.
    package static func difference(
        _ path: [UInt8], _ before: FileStatus, _ now: FileStatus, _ old: Int32, _ new: Int32
    ) throws(Errno) -> TreeChange? {
        let (was, isNow) = (try attributes(old), try attributes(new))
        if owner(before) != owner(now) || was != isNow {
            return TreeChange(kind: .changed, path: path)
        }
        return before.modified == now.modified ? nil : TreeChange(kind: .changed, path: path, isOnlyTimes: true)
    }

    /// The entries of a directory in the order in which they are told.
    package static func sorted(_ directory: SharedDescriptor) throws(Errno) -> [RawDirectory.Entry] {
        try RawDirectory.list(descriptor: directory.raw).sorted { before($0.name, $1.name) }
    }

    /// The path of a name in a directory.
    package static func appending(_ path: [UInt8], _ name: RawPath) -> [UInt8] {
        path.isEmpty ? name.bytes : path + [0x2f] + name.bytes
    }

    /// Everything that chmod, chown and mknod decide.
    private static func owner(_ status: FileStatus) -> [UInt32] {
        [status.mode, status.uid, status.gid, status.deviceMajor, status.deviceMinor]
    }

    /// All attributes that are not overlayfs's own.
    private static func attributes(_ descriptor: Int32) throws(Errno) -> [String: [UInt8]] {
        let names: [String]
        do throws(Errno) {
            names = try ExtendedAttributes.names(descriptor: descriptor)
        } catch {
            // A file system without attributes has none.
            if error == .notSupported { return [:] }
            throw error
        }
        var found: [String: [UInt8]] = [:]
        for name in names where !name.hasPrefix("trusted.overlay.") {
            found[name] = try ExtendedAttributes.get(name, descriptor: descriptor)
        }
        return found
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
