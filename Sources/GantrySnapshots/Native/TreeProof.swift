package import GantrySystem

/// Proves that two trees are the same: names, kinds, modes, owners, times, sizes, content, attributes, device numbers,
/// what symbolic links say, and which names are one file.
///
/// Cost: a walk over both, and their content read.
package struct TreeProof {
    private typealias Inode = TreeCopy.Inode

    private let check: () throws(Errno) -> Void
    private var difference: String?
    /// Of each file with several names, the first that was met.
    private var ours: [Inode: [UInt8]] = [:]
    private var theirs: [Inode: [UInt8]] = [:]

    /// What is different first, as "'path': mode"; nil when nothing is.
    ///
    /// - Parameter check: called for each name; what it throws ends the work.
    package static func difference(
        _ left: Int32, _ right: Int32, check: @escaping () throws(Errno) -> Void = { () throws(Errno) in }
    ) throws(Errno) -> String? {
        var proof = TreeProof(check: check)
        try proof.directory(left, right, [])
        return proof.difference
    }

    private init(check: @escaping () throws(Errno) -> Void) { self.check = check }

    private mutating func found(_ what: String, _ path: [UInt8]) {
        if difference == nil { difference = "'/\(String(decoding: path, as: UTF8.self))': \(what)" }
    }

    private mutating func directory(_ left: Int32, _ right: Int32, _ path: [UInt8]) throws(Errno) {
        if let what = try TreeFacts.difference(FileStatus.of(descriptor: left), FileStatus.of(descriptor: right)) {
            return found(what, path)
        }
        if try TreeFacts.attributes(left) != TreeFacts.attributes(right) { return found("attributes", path) }
        let names = try Set(RawDirectory.list(descriptor: left).map(\.name))
        let others = try Set(RawDirectory.list(descriptor: right).map(\.name))
        if let name = names.symmetricDifference(others).first {
            return found(names.contains(name) ? "it is missing" : "it is too many", TreeFacts.join(path, name))
        }
        for name in names.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
            try check()
            try entry(name, left, right, TreeFacts.join(path, name))
            if difference != nil { return }
        }
    }

    private mutating func entry(_ name: RawPath, _ left: Int32, _ right: Int32, _ path: [UInt8]) throws(Errno) {
        let (status, other) = (try name.status(at: left), try name.status(at: right))
        if status.kind == .directory, other.kind == .directory {
            let from = try name.open([.directory, .noFollow], at: left)
            let to = try name.open([.directory, .noFollow], at: right)
            return try directory(from.raw, to.raw, path)
        }
        if let what = TreeFacts.difference(status, other) { return found(what, path) }
        if status.links > 1 || other.links > 1 {
            let first = Self.first(of: status, path, &ours)
            if first != Self.first(of: other, path, &theirs) { return found("hard links", path) }
            // Compared by its first name.
            if first != path { return }
        }
        if try TreeFacts.attributes(name, at: left) != TreeFacts.attributes(name, at: right) {
            return found("attributes", path)
        }
        if status.kind == .symlink, try name.readLink(at: left) != name.readLink(at: right) {
            return found("what it points to", path)
        }
        if status.kind == .regular, status.size > 0 {
            let from = try name.open([.noFollow], at: left)
            let to = try name.open([.noFollow], at: right)
            if try !TreeFacts.hasSameContent(from.raw, to.raw) { found("content", path) }
        }
    }

    private static func first(of status: FileStatus, _ path: [UInt8], _ known: inout [Inode: [UInt8]]) -> [UInt8] {
        let inode = Inode(device: status.device, inode: status.inode)
        if let first = known[inode] { return first }
        known[inode] = path
        return path
    }
}
