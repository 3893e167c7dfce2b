/// A name below a root directory, found by the kernel so that neither links nor `..` lead out of it (openat2(2),
/// RESOLVE_IN_ROOT).
package struct RootPath: Sendable {
    /// The directory that the name is in.
    package let parent: SharedDescriptor
    /// Without slashes; `.` for the root itself.
    package let name: RawPath
    /// From the root to the name: plain parts, no links but perhaps the last; empty for the root itself.
    package let place: [UInt8]

    /// Looks `path` up; what is absolute begins at the root as well. The last part need not exist.
    ///
    /// - Parameter follow: a link at the end is followed too, if it leads to something.
    /// - Throws: `Errno` of the directories on the way; `.notDirectory` when the path ends in a slash and names something else.
    package static func find(_ path: String, below root: SharedDescriptor, follow: Bool) throws(Errno) -> RootPath {
        if path.utf8.contains(0) { throw .invalid }
        if follow {
            do throws(Errno) {
                let found = SharedDescriptor(try File.open(path, .path, below: root.raw))
                return try RootPath(reached: found, below: root)
            } catch {
                if error != .noEntry { throw error }
            }
        }
        var parts = path.utf8.split(separator: 0x2f).filter { !$0.elementsEqual([0x2e]) }.map { Array($0) }
        let wantsDirectory = path.hasSuffix("/") || path.hasSuffix("/.")
        // `..` and nothing at all are for the kernel to walk.
        guard let last = parts.popLast(), last != [0x2e, 0x2e] else {
            return try RootPath(
                reached: SharedDescriptor(
                    try File.open(path.isEmpty ? "/" : path, [.path, .directory], below: root.raw)),
                below: root)
        }
        let above = RawPath(parts.isEmpty ? [0x2f] : Array(parts.joined(separator: [0x2f])))
        let parent = SharedDescriptor(try above.open([.path, .directory], below: root.raw))
        let found = RootPath(parent: parent, name: RawPath(last), place: try place(of: parent, below: root) + last)
        if wantsDirectory, let status = try? found.status() {
            // With a slash behind it a link is its target.
            if status.kind == .symlink { return try find(path, below: root, follow: true) }
            if status.kind != .directory { throw .notDirectory }
        }
        return found
    }

    /// What is there; a link is a link.
    package func status() throws(Errno) -> FileStatus { try name.status(at: parent.raw) }

    private init(parent: SharedDescriptor, name: RawPath, place: [UInt8]) {
        self.parent = parent
        self.name = name
        self.place = place
    }

    /// For what is open already.
    private init(reached: SharedDescriptor, below root: SharedDescriptor) throws(Errno) {
        let whole = try Self.path(of: reached, below: root)
        guard let slash = whole.lastIndex(of: 0x2f) else {
            self.init(parent: root, name: RawPath(whole.isEmpty ? [0x2e] : whole), place: whole)
            return
        }
        let above = RawPath(whole[..<slash])
        let parent = try above.open([.path, .directory], below: root.raw, resolve: [.inRoot, .noSymlinks])
        self.init(parent: SharedDescriptor(parent), name: RawPath(whole[(slash + 1)...]), place: whole)
    }

    /// The place of a directory, with a closing slash; empty for the root.
    private static func place(of directory: SharedDescriptor, below root: SharedDescriptor) throws(Errno) -> [UInt8] {
        let path = try path(of: directory, below: root)
        return path.isEmpty ? [] : path + [0x2f]
    }

    /// The kernel knows where an open file really is.
    private static func path(of descriptor: SharedDescriptor, below root: SharedDescriptor) throws(Errno) -> [UInt8] {
        let top = try RawPath(Path.ofDescriptor(root.raw)).readLink(at: File.here).bytes
        let here = try RawPath(Path.ofDescriptor(descriptor.raw)).readLink(at: File.here).bytes
        // The root of another mount namespace is "/".
        let prefix = top == [0x2f] ? [] : top
        guard here.starts(with: prefix) else { throw .noEntry }
        return Array(here[prefix.count...].drop { $0 == 0x2f })
    }
}
