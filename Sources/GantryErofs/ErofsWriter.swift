package import GantrySystem

/// Writes a tree as an image of erofs in one pass: content goes to the file as it comes, and what the kernel reads first
/// (names, owners, times) is kept in memory and written behind it.
///
///     block 0: superblock │ content of files │ whole blocks of directories │ inodes, with short content beside them
///
/// The same tree in the same order gives the same bytes: no clock and no chance is in them. Memory grows with the number of files.
/// A file with holes takes its whole length of the image, whose own holes take no space.
///
/// ```swift
/// var image = ErofsWriter(SharedDescriptor(file), root: facts)
/// let node = image.add(ErofsFacts(kind: .regular, permissions: 0o644))
/// image.link(node, as: Array("motd".utf8), in: ErofsWriter.root)
/// try image.beginContent(of: node, size: count)
/// try image.write(bytes, at: 0)
/// image.endContent(size: count)
/// try image.finish()
/// ```
package struct ErofsWriter {
    /// The number of the root directory.
    package static let root = 0

    private var file: ImageFile
    private var nodes: [ErofsNode]
    /// Where the next content goes, in blocks.
    private var nextBlock: Int64 = 1
    private var writing: Int?
    /// What was skipped of the file that is being written, in bytes; and where it was written last.
    private var holes: [Range<Int64>] = []
    private var written: Int64 = 0
    /// A symbolic link or the rest of a directory up to this size is kept beside its inode.
    static let inlineLimit = 2048

    /// - Parameters:
    ///   - descriptor: an empty file, open for writing.
    ///   - facts: of the root directory.
    package init(_ descriptor: SharedDescriptor, root facts: ErofsFacts) {
        file = ImageFile(descriptor)
        var root = ErofsNode(facts: facts)
        root.children = [:]
        nodes = [root]
    }

    // MARK: the tree

    /// A new node, which has no name yet.
    package mutating func add(_ facts: ErofsFacts, target: [UInt8] = []) -> Int {
        var node = ErofsNode(facts: facts)
        if facts.kind == .directory { node.children = [:] }
        node.target = target
        nodes.append(node)
        return nodes.count - 1
    }

    package func facts(_ node: Int) -> ErofsFacts { nodes[node].facts }
    package func target(_ node: Int) -> [UInt8] { nodes[node].target }
    package func parent(_ directory: Int) -> Int { nodes[directory].parent }
    package func child(_ name: some Sequence<UInt8>, of directory: Int) -> Int? {
        nodes[directory].children?[Array(name)]
    }

    package mutating func set(_ facts: ErofsFacts, of node: Int) { nodes[node].facts = facts }

    /// Replaces the attributes of a node; those that erofs has no place for are left out.
    /// - Throws: `.noSpace` for more than 256 KiB, as other file systems do.
    package mutating func set(attributes: [(name: [UInt8], value: [UInt8])], of node: Int) throws(Errno) {
        // In the order of their names, so that the order of an archive makes no difference.
        nodes[node].attributes = attributes.sorted { $0.name.lexicographicallyPrecedes($1.name) }
            .compactMap { ErofsAttribute($0.name, $0.value) }
        if nodes[node].attributesSize > ErofsNode.attributesLimit { throw .noSpace }
    }

    /// Adds one attribute, or replaces its value.
    /// - Throws: as the other.
    package mutating func set(attribute name: String, to value: [UInt8], of node: Int) throws(Errno) {
        guard let new = ErofsAttribute(Array(name.utf8), value) else { return }
        nodes[node].attributes.removeAll { $0.prefix == new.prefix && $0.suffix == new.suffix }
        nodes[node].attributes.append(new)
        if nodes[node].attributesSize > ErofsNode.attributesLimit { throw .noSpace }
    }

    /// Gives a node a name; what had it loses it.
    package mutating func link(_ node: Int, as name: [UInt8], in directory: Int) {
        nodes[directory].children?[name] = node
        if nodes[node].facts.kind == .directory { nodes[node].parent = directory }
    }

    package func has(attribute name: String, _ node: Int) -> Bool {
        guard let wanted = ErofsAttribute(Array(name.utf8), []) else { return false }
        return nodes[node].attributes.contains { $0.prefix == wanted.prefix && $0.suffix == wanted.suffix }
    }

    // MARK: content

    /// What is written from now on is the content of this file, of at most `size` bytes.
    /// - Throws: `.fileTooBig` when the image would have more than 16 TiB: block numbers have 32 bits.
    package mutating func beginContent(of node: Int, size: Int64) throws(Errno) {
        guard nextBlock + ErofsFormat.blocks(size) < Int64(UInt32.max) else { throw .fileTooBig }
        writing = node
        holes.removeAll(keepingCapacity: true)
        written = 0
        nodes[node].firstBlock = UInt32(truncatingIfNeeded: nextBlock)
    }

    /// Writes at an offset of the file, in bytes, beyond what was written before.
    package mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(Errno) {
        if offset > written { holes.append(written..<offset) }
        written = offset + Int64(bytes.count)
        try file.put(bytes, at: nextBlock * Int64(ErofsFormat.block) + offset)
    }

    /// Writes the content of an open file, its holes left out. One that has become shorter is zero from there on.
    package mutating func writeContent(of source: Int32, size: Int64) throws(Errno) {
        var chunk = [UInt8](repeating: 0, count: Int(min(max(size, 1), 1 << 20)))
        var offset: Int64 = 0
        while offset < size {
            do throws(Errno) { offset = try File.seek(source, offset, .data) } catch .noAddress { return }
            let hole = min(try File.seek(source, offset, .hole), size)
            _ = try File.seek(source, offset)
            while offset < hole {
                let count = Int(min(Int64(try File.readChunk(source, &chunk)), hole - offset))
                if count == 0 { return }
                try chunk.span.withUnsafeBytes { (bytes) throws(Errno) in
                    try write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: offset)
                }
                offset += Int64(count)
            }
        }
    }

    /// The file is `size` bytes long; what was not written of it is zero.
    package mutating func endContent(size: Int64) {
        guard let node = writing else { return }
        writing = nil
        nodes[node].size = size
        if size > written { holes.append(written..<size) }
        if !holes.isEmpty { cut(node) }
        nextBlock += ErofsFormat.blocks(size)
    }

    /// Says which chunks of a file with holes are all hole. They have their place in the image all the same, which is a hole
    /// of the image's: nothing is to be moved.
    private mutating func cut(_ node: Int) {
        let size = nodes[node].size
        var bits = 12
        while (size - 1) >> Int64(bits) >= 4096 { bits += 1 }
        let length = Int64(1) << Int64(bits)
        let count = Int((size - 1) >> Int64(bits)) + 1
        let blocks = UInt32(length / Int64(ErofsFormat.block))
        var chunks = (0..<count).map { nodes[node].firstBlock &+ UInt32($0) &* blocks }
        var isCut = false
        for hole in holes {
            let first = Int((hole.lowerBound + length - 1) >> Int64(bits))
            // Behind the end of the file there is nothing that the last chunk could hold.
            let end = hole.upperBound == size ? count : Int(hole.upperBound >> Int64(bits))
            for chunk in first..<max(first, end) {
                chunks[chunk] = ErofsFormat.hole
                isCut = true
            }
        }
        guard isCut else { return }
        nodes[node].chunks = chunks
        nodes[node].chunkBits = UInt16(bits - 12)
    }

    // MARK: the end

    /// Writes the directories and inodes, and the superblock at last: without it the file is no image.
    ///
    /// Does not sync.
    /// - Returns: the number of inodes.
    @discardableResult
    package mutating func finish() throws(Errno) -> Int64 {
        var layout = ErofsLayout(nodes)
        // Where the inodes begin is known first, so that directories can tell numbers.
        let metadata = nextBlock + layout.directoryBlocks
        guard metadata + ErofsFormat.blocks(layout.metadataSize) < Int64(UInt32.max) else { throw .fileTooBig }
        for (place, number) in zip(layout.order, layout.numbers) { nodes[place].number = number }
        for index in layout.order.indices {
            let node = layout.order[index]
            guard let content = layout.content(index, nodes) else { continue }
            let inline = layout.inlineSize(index)
            let whole = content.count - inline
            if whole > 0 {
                nodes[node].firstBlock = UInt32(nextBlock)
                try file.put(Array(content[..<whole]), at: nextBlock * Int64(ErofsFormat.block))
                nextBlock += ErofsFormat.blocks(Int64(whole))
            }
            layout.keep(Array(content[whole...]), index, size: Int64(content.count))
        }
        try writeInodes(layout, metadata)
        return Int64(layout.order.count)
    }

    /// The number of inodes in a finished image.
    package static func inodes(_ image: Int32) throws(Errno) -> Int64 {
        var bytes = [UInt8](repeating: 0, count: 8)
        _ = try File.seek(image, ErofsFormat.superblockInodes)
        guard try File.readChunk(image, &bytes) == bytes.count else { throw .io }
        return Int64(truncatingIfNeeded: bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    private mutating func writeInodes(_ layout: ErofsLayout, _ metadata: Int64) throws(Errno) {
        let base = metadata * Int64(ErofsFormat.block)
        var hasChunks = false
        for index in layout.order.indices {
            let node = nodes[layout.order[index]]
            let (size, tail) = layout.kept(index) ?? (node.size, [])
            let kind: ErofsFormat.Layout =
                !node.chunks.isEmpty ? .chunks : layout.isInline(index) ? .inline : .plain
            hasChunks = hasChunks || kind == .chunks
            var bytes = node.head(size, kind, links: layout.links(index)) + tail
            for chunk in node.chunks { bytes.append(little: chunk) }
            try file.put(bytes, at: base + Int64(node.number) * Int64(ErofsFormat.slot))
        }
        let blocks = metadata + ErofsFormat.blocks(layout.metadataSize)
        let superblock = ErofsFormat.superblock(
            root: UInt16(layout.numbers[0]), inodes: UInt64(layout.order.count), blocks: UInt32(blocks),
            metadata: UInt32(metadata), hasChunks: hasChunks)
        try file.flush()
        try file.put(superblock, at: ErofsFormat.superblockOffset)
        try file.finish(length: blocks * Int64(ErofsFormat.block))
    }
}
