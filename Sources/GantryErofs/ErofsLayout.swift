import GantrySystem

/// Which number each node of a finished tree has, and what its directory's blocks hold.
struct ErofsLayout {
    /// The nodes that have a name, the root first, a directory before what is in it.
    private(set) var order: [Int] = []
    /// The number of each.
    private(set) var numbers: [UInt64] = []
    /// In bytes, from the first inode's block.
    private(set) var metadataSize: Int64 = 0
    /// Whole blocks of directories and long links.
    private(set) var directoryBlocks: Int64 = 0

    /// Bytes of content that are kept beside the inode; 0 for whole blocks only.
    private var inline: [Int32] = []
    /// Names that lead to each node, as link counts are told: a directory's has its own two and those of its subdirectories.
    private var linkCounts: [UInt32]
    private var tails: [Int: (size: Int64, tail: [UInt8])] = [:]

    init(_ nodes: [ErofsNode]) {
        linkCounts = [UInt32](repeating: 0, count: nodes.count)
        linkCounts[ErofsWriter.root] = 2
        var stack = [ErofsWriter.root]
        while let node = stack.popLast() {
            order.append(node)
            guard let children = nodes[node].children else { continue }
            for child in Self.sorted(children).reversed() {
                let isDirectory = nodes[child.node].facts.kind == .directory
                // A file's second name leads to what has been seen.
                if linkCounts[child.node] == 0 { stack.append(child.node) }
                linkCounts[child.node] += isDirectory ? 2 : 1
                if isDirectory { linkCounts[node] += 1 }
            }
        }
        place(nodes)
    }

    private mutating func place(_ nodes: [ErofsNode]) {
        let block = Int64(ErofsFormat.block)
        // Number 0 is nobody's.
        var offset = Int64(ErofsFormat.inodeSize)
        for node in order {
            let size = Self.contentSize(nodes[node])
            var kept = 0
            if size > 0 {
                let rest = size % ErofsFormat.block
                // Beside the inode it must lie in one block with the inode's end.
                if rest > 0, rest <= ErofsWriter.inlineLimit, nodes[node].headSize + rest <= ErofsFormat.block {
                    kept = rest
                }
                directoryBlocks += ErofsFormat.blocks(Int64(size - kept))
            }
            let head = Int64(nodes[node].headSize)
            if kept > 0, (offset + head) % block + Int64(kept) > block || (offset + head) % block == 0 {
                offset = (offset + block - 1) / block * block
            }
            numbers.append(UInt64(offset) / UInt64(ErofsFormat.slot))
            inline.append(Int32(kept))
            // Aligned to its size an inode lies in one block.
            let alignment = Int64(ErofsFormat.inodeSize)
            let chunks = Int64(4 * nodes[node].chunks.count)
            offset = (offset + head + Int64(kept) + chunks + alignment - 1) / alignment * alignment
        }
        metadataSize = offset
    }

    func inlineSize(_ index: Int) -> Int { Int(inline[index]) }
    func isInline(_ index: Int) -> Bool { inline[index] > 0 }
    func links(_ index: Int) -> UInt32 { linkCounts[order[index]] }

    /// Remembers what goes beside an inode when its turn comes.
    mutating func keep(_ tail: [UInt8], _ index: Int, size: Int64) { tails[index] = (size, tail) }
    func kept(_ index: Int) -> (size: Int64, tail: [UInt8])? { tails[index] }

    // MARK: directories

    private static func sorted(_ children: [[UInt8]: Int]) -> [(name: [UInt8], node: Int)] {
        children.map { (name: $0.key, node: $0.value) }.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    /// With the two names that every directory has, in the order of their bytes.
    private static func entries(_ children: [[UInt8]: Int], own: Int, parent: Int) -> [(name: [UInt8], node: Int)] {
        var all = sorted(children)
        for (name, node) in [([0x2e] as [UInt8], own), ([0x2e, 0x2e], parent)] {
            let index = all.firstIndex { !$0.name.lexicographicallyPrecedes(name) } ?? all.count
            all.insert((name: name, node: node), at: index)
        }
        return all
    }

    /// How many bytes the content of a directory or link has; 0 for all others, whose content is written already.
    private static func contentSize(_ node: ErofsNode) -> Int {
        if node.facts.kind == .symlink { return node.target.count }
        guard let children = node.children else { return 0 }
        var blocks = 0
        var used = 0
        for entry in entries(children, own: 0, parent: 0) {
            let size = ErofsFormat.direntSize + entry.name.count
            if used + size > ErofsFormat.block {
                blocks += 1
                used = 0
            }
            used += size
        }
        return blocks * ErofsFormat.block + used
    }

    /// The content of a directory or link; nil for all others.
    func content(_ index: Int, _ nodes: [ErofsNode]) -> [UInt8]? {
        let node = nodes[order[index]]
        if node.facts.kind == .symlink { return node.target }
        guard let children = node.children else { return nil }
        var bytes: [UInt8] = []
        var pending: [(name: [UInt8], node: Int)] = []
        var used = 0
        func end() {
            var offset = pending.count * ErofsFormat.direntSize
            for entry in pending {
                bytes.append(little: nodes[entry.node].number)
                bytes.append(little: UInt16(offset))
                bytes += [ErofsFormat.type(nodes[entry.node].facts.kind), 0]
                offset += entry.name.count
            }
            for entry in pending { bytes += entry.name }
            pending.removeAll(keepingCapacity: true)
        }
        let parent = order[index] == ErofsWriter.root ? ErofsWriter.root : node.parent
        for entry in Self.entries(children, own: order[index], parent: parent) {
            let size = ErofsFormat.direntSize + entry.name.count
            if used + size > ErofsFormat.block {
                end()
                bytes += [UInt8](repeating: 0, count: ErofsFormat.block - used)
                used = 0
            }
            pending.append(entry)
            used += size
        }
        end()
        return bytes
    }
}
