package import GantrySystem

/// Makes one tree what another is, by changing as little of it as can be.
///
/// For a tree that was made of the same layers by another driver: what is the same already is left alone, so that a
/// driver that stacks or shares keeps only the differences. What is different is removed and made anew, never written
/// into: a file may have another name that is to stay as it is.
///
/// Cost: a walk over both trees, and a copy of what is different.
package struct TreeSync {
    private typealias Inode = TreeCopy.Inode

    private let from: Int32
    private let to: Int32
    private var copy: TreeCopy
    private let comparesContent: Bool
    private let check: () throws(Errno) -> Void
    /// Of files with several names: those that must be made anew.
    private var dirty: Set<[UInt8]> = []

    /// Makes the content and the attributes of directory `to` those of directory `from`.
    ///
    /// - Parameters:
    ///   - comparesContent: also of files whose size, times and attributes are the same; else those count as the same.
    ///   - bytes: called after each file that was copied.
    ///   - check: called for each name; what it throws ends the work.
    package static func run(
        from: Int32, to: Int32, comparesContent: Bool = false,
        bytes: @escaping (Int64) -> Void = { _ in }, check: @escaping () throws(Errno) -> Void = { () throws(Errno) in }
    ) throws(Errno) {
        var copy = TreeCopy(top: to)
        copy.copiedBytes = { (count) throws(Errno) in
            bytes(count)
            try check()
        }
        var sync = TreeSync(from: from, to: to, copy: copy, comparesContent: comparesContent, check: check)
        try sync.findBrokenLinks()
        try sync.directory(from, to, [])
    }

    private init(
        from: Int32, to: Int32, copy: TreeCopy, comparesContent: Bool, check: @escaping () throws(Errno) -> Void
    ) {
        self.from = from
        self.to = to
        self.copy = copy
        self.comparesContent = comparesContent
        self.check = check
    }

    private mutating func directory(_ from: Int32, _ to: Int32, _ path: [UInt8]) throws(Errno) {
        let wanted = try RawDirectory.list(descriptor: from)
        let names = Set(wanted.map(\.name))
        for entry in try RawDirectory.list(descriptor: to) where !names.contains(entry.name) {
            try RawDirectory.removeTree(entry.name, at: to)
        }
        for entry in wanted {
            try check()
            try self.entry(entry.name, from, to, TreeFacts.join(path, entry.name))
        }
        // Last, for the times: everything above changed them.
        let status = try FileStatus.of(descriptor: from)
        let (ours, theirs) = (try TreeFacts.attributes(from), try TreeFacts.attributes(to))
        if try !TreeFacts.isSame(status, FileStatus.of(descriptor: to)) || ours != theirs {
            try TreeFacts.dropAttributes(of: to, notIn: from)
            try copy.finish(from, to, status)
        }
    }

    private mutating func entry(_ name: RawPath, _ from: Int32, _ to: Int32, _ path: [UInt8]) throws(Errno) {
        let status = try name.status(at: from)
        let found = try TreeFacts.status(name, at: to)
        if status.kind == .directory {
            if let found, found.kind != .directory { try name.unlink(at: to) }
            let isNew = found?.kind != .directory
            if isNew { try name.makeDirectory(mode: 0o700, at: to) }
            let source = try name.open([.directory, .noFollow], at: from)
            let target = try name.open([.directory, .noFollow], at: to)
            if isNew { return try copy.directory(source.raw, target.raw, path: path, status: status) }
            return try directory(source.raw, target.raw, path)
        }
        if let found {
            if !dirty.contains(path), try isSame(name, status, from, found, to) { return }
            try RawDirectory.removeTree(name, at: to)
        }
        try copy.file(name, status, from, to, path)
    }

    private func isSame(
        _ name: RawPath, _ status: FileStatus, _ from: Int32, _ found: FileStatus, _ to: Int32
    ) throws(Errno) -> Bool {
        guard TreeFacts.isSame(status, found),
            try TreeFacts.attributes(name, at: from) == TreeFacts.attributes(name, at: to)
        else { return false }
        switch status.kind {
        case .symlink: return try name.readLink(at: from) == name.readLink(at: to)
        case .regular where comparesContent:
            let left = try name.open([.noFollow], at: from)
            let right = try name.open([.noFollow], at: to)
            return try TreeFacts.hasSameContent(left.raw, right.raw)
        default: return true
        }
    }

    // MARK: Hard links

    /// What is known of the names of one file in `from`.
    private struct Group {
        var names: [[UInt8]] = []
        /// The file in `to` that is to be it; none when one of the names is not the same there.
        var target: Inode?
        var isBroken = false
    }

    /// Finds the names that are the same by themselves, but not tied to the same others.
    private mutating func findBrokenLinks() throws(Errno) {
        var groups: [Inode: Group] = [:]
        try gather(from, to, [], &groups)
        var taken: Set<Inode> = []
        for group in groups.values.sorted(by: { $0.names[0].lexicographicallyPrecedes($1.names[0]) }) {
            // Two files of `from` may be one in `to`: only the first of them can keep it.
            if let target = group.target, !group.isBroken, taken.insert(target).inserted { continue }
            dirty.formUnion(group.names)
        }
    }

    private func gather(
        _ from: Int32, _ to: Int32?, _ path: [UInt8], _ groups: inout [Inode: Group]
    ) throws(Errno) {
        for entry in try RawDirectory.list(descriptor: from) {
            try check()
            let place = TreeFacts.join(path, entry.name)
            let status = try entry.name.status(at: from)
            var found: FileStatus?
            if let to { found = try TreeFacts.status(entry.name, at: to) }
            if status.kind == .directory {
                let source = try entry.name.open([.directory, .noFollow], at: from)
                guard let to, found?.kind == .directory else {
                    try gather(source.raw, nil, place, &groups)
                    continue
                }
                let target = try entry.name.open([.directory, .noFollow], at: to)
                try gather(source.raw, target.raw, place, &groups)
            } else if status.links > 1 || found.map({ $0.kind != .directory && $0.links > 1 }) ?? false {
                var group = groups[Inode(device: status.device, inode: status.inode)] ?? Group()
                if let to, let found, try isSame(entry.name, status, from, found, to) {
                    let target = Inode(device: found.device, inode: found.inode)
                    if let known = group.target, known != target { group.isBroken = true }
                    group.target = target
                } else {
                    group.isBroken = true
                }
                group.names.append(place)
                groups[Inode(device: status.device, inode: status.inode)] = group
            }
        }
    }
}
