import GantryErofs
import GantrySystem

/// Writes the upper directory of an overlay as an image: what a container changed becomes a layer.
struct TreeImage {
    private var image: ErofsWriter
    /// Of each file with several names, its node.
    private var linked: [TreeCopy.Inode: Int] = [:]

    /// - Parameters:
    ///   - tree: the directory, open.
    ///   - name: of the image, below `directory`; made anew.
    /// - Throws: what the kernel says; the file is then worth nothing.
    static func write(_ tree: Int32, to name: String, at directory: Int32) throws(Errno) {
        let file = SharedDescriptor(
            try File.open(name, [.write, .create, .exclusive], mode: 0o600, at: directory))
        let status = try FileStatus.of(descriptor: tree)
        var writer = TreeImage(image: ErofsWriter(file, root: ErofsFacts(status)))
        try writer.image.set(attributes: attributes(descriptor: tree), of: ErofsWriter.root)
        try writer.add(tree, ErofsWriter.root)
        try writer.image.finish()
    }

    private mutating func add(_ directory: Int32, _ node: Int) throws(Errno) {
        let entries = try RawDirectory.list(descriptor: directory)
            .sorted { $0.name.bytes.lexicographicallyPrecedes($1.name.bytes) }
        for entry in entries {
            let status = try entry.name.status(at: directory)
            let inode = TreeCopy.Inode(device: status.device, inode: status.inode)
            if status.kind != .directory, status.links > 1, let first = linked[inode] {
                image.link(first, as: entry.name.bytes, in: node)
                continue
            }
            let child = try make(entry.name, status, directory)
            image.link(child, as: entry.name.bytes, in: node)
            if status.kind == .directory {
                let handle = try entry.name.open([.directory, .noFollow], at: directory)
                try image.set(attributes: Self.attributes(descriptor: handle.raw), of: child)
                try add(handle.raw, child)
            } else if status.links > 1 {
                linked[inode] = child
            }
        }
    }

    private mutating func make(_ name: RawPath, _ status: FileStatus, _ directory: Int32) throws(Errno) -> Int {
        let target = status.kind == .symlink ? try name.readLink(at: directory).bytes : []
        let node = image.add(ErofsFacts(status), target: target)
        if status.kind == .directory { return node }
        guard status.kind == .regular else {
            // Overlays share one whiteout among many names: it has no attributes worth a look.
            if ErofsFacts(status).isWhiteout { return node }
            let path = name.below(descriptor: directory)
            let names = try TreeCopy.list { () throws(Errno) in try ExtendedAttributes.names(path) }
            try image.set(
                attributes: Self.attributes(names) { (name) throws(Errno) in try ExtendedAttributes.get(name, path) },
                of: node)
            return node
        }
        let file = try name.open(.noFollow, at: directory)
        try image.set(attributes: Self.attributes(descriptor: file.raw), of: node)
        try image.beginContent(of: node, size: status.size)
        try image.writeContent(of: file.raw, size: status.size)
        image.endContent(size: status.size)
        return node
    }

    private static func attributes(descriptor: Int32) throws(Errno) -> [(name: [UInt8], value: [UInt8])] {
        let names = try TreeCopy.list { () throws(Errno) in try ExtendedAttributes.names(descriptor: descriptor) }
        return try attributes(names) { (name) throws(Errno) in
            try ExtendedAttributes.get(name, descriptor: descriptor)
        }
    }

    /// Of overlayfs's own only the one that means something to any kernel.
    private static func attributes(
        _ names: [String], _ value: (String) throws(Errno) -> [UInt8]
    ) throws(Errno) -> [(name: [UInt8], value: [UInt8])] {
        var result: [(name: [UInt8], value: [UInt8])] = []
        for name in names where !name.hasPrefix("trusted.overlay.") || name == "trusted.overlay.opaque" {
            result.append((Array(name.utf8), try value(name)))
        }
        return result
    }
}
