import GantryCore
import GantrySystem

/// The names that a send stream speaks of, in their tree: where in two trees there may be a difference.
///
/// The stream renames things to intermediate names and back, so its commands are carried out here on a tree of names. Names
/// come into being when a command mentions them; what no command mentions is as it was. Afterwards both real trees are
/// asked at these names alone, so that what is told is true whatever the stream said.
struct SendTree {
    private final class Node {
        /// Where it is in the old tree; nil when the stream made it.
        let origin: [UInt8]?
        var entries: [RawPath: Entry] = [:]
        /// Whether the stream changed it, by whatever of its names.
        var isTouched = false

        init(origin: [UInt8]?) { self.origin = origin }
    }

    private enum Entry {
        case node(Node)
        case gone
    }

    private let root = Node(origin: [])

    /// Carries out a command.
    /// - Throws: `.invalid` when it speaks of what cannot be there.
    func apply(_ command: SendCommand) throws(Errno) {
        switch command {
        case .make(let path):
            let node = Node(origin: nil)
            node.isTouched = true
            try put(node, path)
        case .rename(let path, let target):
            let node = try find(path)
            try put(node, target)
            try drop(path)
        case .link(let path, let existing): try put(try find(existing), path)
        case .remove(let path):
            // It is mentioned even if nobody looked at it before.
            _ = try find(path)
            try drop(path)
        case .touch(let path): try find(path).isTouched = true
        }
    }

    // MARK: Names

    private static func parts(_ path: [UInt8]) -> [RawPath] { path.split(separator: 0x2f).map { RawPath($0) } }

    private func find(_ path: [UInt8]) throws(Errno) -> Node { try find(Self.parts(path)[...]) }

    private func find(_ parts: ArraySlice<RawPath>) throws(Errno) -> Node {
        var node = root
        for name in parts {
            switch node.entries[name] {
            case .node(let next): node = next
            case .gone: throw .invalid
            case nil:
                guard let origin = node.origin else { throw .invalid }
                let next = Node(origin: TreeComparison.appending(origin, name))
                node.entries[name] = .node(next)
                node = next
            }
        }
        return node
    }

    private func put(_ node: Node, _ path: [UInt8]) throws(Errno) {
        let parts = Self.parts(path)
        guard let name = parts.last else { throw .invalid }
        try find(parts.dropLast()).entries[name] = .node(node)
    }

    private func drop(_ path: [UInt8]) throws(Errno) {
        let parts = Self.parts(path)
        guard let name = parts.last else { throw .invalid }
        try find(parts.dropLast()).entries[name] = .gone
    }

    // MARK: The real trees

    /// The differences of two read-only trees, of which the stream speaks.
    ///
    /// - Returns: nil when they cannot be told: a file with more names than the kernel lists.
    func changes(from old: SharedDescriptor, to new: SharedDescriptor) throws(Errno) -> [TreeChange]? {
        do throws(Errno) { try addLinks(new) } catch .overflow { return nil }
        var comparison = TreeComparison()
        try compare(root, [], old, new, &comparison)
        return comparison.changes
    }

    private func compare(
        _ node: Node, _ path: [UInt8], _ old: SharedDescriptor, _ new: SharedDescriptor,
        _ comparison: inout TreeComparison
    ) throws(Errno) {
        let names = node.entries.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
        for (name, entry) in names {
            let place = TreeComparison.appending(path, name)
            switch (try Self.exists(name, old), try Self.exists(name, new)) {
            case (false, false): continue
            case (true, false): comparison.tell(.deleted, place)
            case (false, true): try comparison.added(name, new, place)
            case (true, true):
                // The same directory as before: only what the stream mentions in it can differ.
                if case .node(let child) = entry, child.origin == place {
                    try comparison.both(name, old, new, place) { (found, from, to) throws(Errno) in
                        try compare(child, place, from, to, &found)
                    }
                } else {
                    try comparison.both(name, old, new, place)
                }
            }
        }
    }

    private static func exists(_ name: RawPath, _ directory: SharedDescriptor) throws(Errno) -> Bool {
        do throws(Errno) { _ = try name.status(at: directory.raw) } catch .noEntry { return false }
        return true
    }

    /// Mentions all names of files that were changed by one of them.
    private func addLinks(_ new: SharedDescriptor) throws(Errno) {
        var inodes: Set<UInt64> = []
        try collect(root, new, &inodes)
        for inode in inodes {
            // A name in a directory that the stream made is told with that directory.
            for path in try Subvolume.paths(of: inode, in: new.raw) {
                do throws(Errno) { _ = try find(path.bytes) } catch .invalid { continue }
            }
        }
    }

    private func collect(_ node: Node, _ directory: SharedDescriptor, _ inodes: inout Set<UInt64>) throws(Errno) {
        for (name, entry) in node.entries {
            guard case .node(let child) = entry else { continue }
            do throws(Errno) {
                let status = try name.status(at: directory.raw)
                if status.kind != .directory {
                    if child.isTouched, status.links > 1 { inodes.insert(status.inode) }
                } else if !child.entries.isEmpty {
                    let handle = SharedDescriptor(try name.open([.directory, .noFollow], at: directory.raw))
                    try collect(child, handle, &inodes)
                }
            } catch .noEntry { continue }
        }
    }
}
