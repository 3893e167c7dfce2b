extension TarReader {
    /// Reads one header block; `nil` when it only changed the state.
    mutating func header(_ input: UnsafeRawBufferPointer, _ cursor: inout Int) throws(TarError) -> Event? {
        guard try takeBlock(input, &cursor) else { return .needsInput }
        let start = offset - Int64(TarHeader.size)
        let block = self.block
        return try withView(of: block, at: start) { (reader, header) throws(TarError) in
            try reader.take(header)
        }
    }

    /// A view of the bytes that keeps its typed error, which the array's own method would widen.
    private mutating func withView<Result>(
        of block: [UInt8], at start: Int64, _ body: (inout TarReader, TarHeader) throws(TarError) -> Result
    ) throws(TarError) -> Result {
        let result = block.withUnsafeBytes { bytes in
            Swift.Result<Result, TarError> { () throws(TarError) in try body(&self, TarHeader(bytes, at: start)) }
        }
        return try result.get()
    }

    private mutating func take(_ header: TarHeader) throws(TarError) -> Event? {
        if header.bytes[0] == 0, header.isZero {
            zeroBlocks += 1
            if zeroBlocks == 2 { state = .ended }
            return nil
        }
        if zeroBlocks > 0 { throw TarError(.malformed, "a member follows the end marker", at: header.offset) }
        try header.verifyChecksum()
        switch header.type {
        case UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K"):
            let size = try header.number("size", 124, 12)
            guard size >= 0 else { throw TarError(.malformed, "extension header of \(size) bytes", at: header.offset) }
            guard size <= limits.extensionBytes else {
                let reason = "extension header of \(size) bytes, more than \(limits.extensionBytes)"
                throw TarError(.limit, reason, at: header.offset)
            }
            collected.removeAll(keepingCapacity: true)
            state = .extensionBody(type: header.type, left: size)
            if size == 0 { try endExtension(header.type) }
            return nil
        default:
            return try begin(header)
        }
    }

    /// Gathers the body of an extension header; false when more input is needed.
    mutating func collect(
        _ input: UnsafeRawBufferPointer, _ cursor: inout Int, _ left: Int64, _ type: UInt8
    ) throws(TarError) -> Bool {
        let step = min(Int(left), input.count - cursor)
        collected.append(contentsOf: input[cursor..<cursor + step])
        cursor += step
        offset += Int64(step)
        if Int64(step) < left {
            state = .extensionBody(type: type, left: left - Int64(step))
            return false
        }
        try endExtension(type)
        return true
    }

    private mutating func endExtension(_ type: UInt8) throws(TarError) {
        let padding = TarReader.fill(Int64(collected.count))
        state = padding > 0 ? .padding(padding) : .header
        switch type {
        case UInt8(ascii: "x"): locals = try PaxRecords(parsing: collected, at: offset)
        case UInt8(ascii: "g"): globals.merge(try PaxRecords(parsing: collected, at: offset))
        case UInt8(ascii: "L"): longName = Array(collected[..<(collected.firstIndex(of: 0) ?? collected.count)])
        default: longLink = Array(collected[..<(collected.firstIndex(of: 0) ?? collected.count)])
        }
    }

    /// Bytes from `length` to the next block boundary.
    static func fill(_ length: Int64) -> Int64 { (512 - length & 511) & 511 }

    private mutating func begin(_ header: TarHeader) throws(TarError) -> Event? {
        var entry = try header.entry()
        var sparse = PaxSparse()
        if let longName { entry.path = longName }
        if let longLink { entry.link = longLink }
        if !globals.isEmpty { try entry.apply(globals.without(locals), sparse: &sparse, at: header.offset) }
        if !locals.isEmpty { try entry.apply(locals, sparse: &sparse, at: header.offset) }
        longName = nil
        longLink = nil
        locals = PaxRecords()
        if let name = sparse.name { entry.path = name }
        guard entry.size >= 0 else {
            throw TarError(.malformed, "'\(entry.displayName)' has size \(entry.size)", at: header.offset)
        }
        // A body that ends beyond what 64 bits can count cannot be real.
        guard entry.size <= Int64.max - 1024 - offset else {
            throw TarError(.malformed, "'\(entry.displayName)' has size \(entry.size)", at: header.offset)
        }
        switch entry.kind {
        case .file, .other: bodyLeft = entry.size
        // These have no body whatever the size field says, as other readers hold it.
        default:
            bodyLeft = 0
            entry.size = 0
        }
        bodyPadding = TarReader.fill(bodyLeft)
        segmentIndex = 0
        segmentDone = 0
        self.entry = entry
        state = .body
        if entry.kind == .file { return try beginSparse(header, sparse) }
        return .entry
    }

    // MARK: sparse files

    private mutating func beginSparse(_ header: TarHeader, _ sparse: PaxSparse) throws(TarError) -> Event? {
        if header.type == UInt8(ascii: "S") {
            entry.segments = try TarSparse.blockMap(header.bytes, from: 386, count: 4, at: header.offset)
            entry.size = try header.number("realsize", 483, 12)
            if header.bytes[482] != 0 {
                state = .oldSparse
                return nil
            }
            return try endSparse()
        }
        if !sparse.isSparse { return .entry }
        if let size = sparse.realSize { entry.size = size }
        if sparse.mapInData {
            collected.removeAll(keepingCapacity: true)
            state = .lineMap(LineMap())
            return nil
        }
        entry.segments = sparse.segments
        return try endSparse()
    }

    /// True when the map is whole and the entry can be told.
    mutating func oldSparseBlock() throws(TarError) -> Bool {
        let start = offset - Int64(TarHeader.size)
        let more = try withView(of: block, at: start) { (reader, header) throws(TarError) in
            let segments = try TarSparse.blockMap(header.bytes, from: 0, count: 21, at: start)
            reader.entry.segments?.append(contentsOf: segments)
            return header.bytes[504] != 0
        }
        guard Int64(entry.segments?.count ?? 0) <= TarSparse.mostSegments else {
            throw TarError(.limit, "sparse map of '\(entry.displayName)' is too long", at: start)
        }
        if more { return false }
        _ = try endSparse()
        return true
    }

    /// True when the map is whole and the entry can be told.
    mutating func lineMapBlock(_ progress: LineMap) throws(TarError) -> Bool {
        guard bodyLeft >= Int64(TarHeader.size), Int64(collected.count) < limits.extensionBytes else {
            throw TarError(.malformed, "sparse map of '\(entry.displayName)' does not end", at: offset)
        }
        bodyLeft -= Int64(TarHeader.size)
        collected.append(contentsOf: block)
        var map = progress
        map.newlines += block.count { $0 == 0x0a }
        if map.count == nil { map.count = try TarSparse.lineCount(collected, at: offset) }
        guard let count = map.count, map.newlines > count * 2 else {
            state = .lineMap(map)
            return false
        }
        entry.segments = try TarSparse.lineMap(collected, at: offset)
        _ = try endSparse()
        return true
    }

    private mutating func endSparse() throws(TarError) -> Event {
        try TarSparse.check(entry.segments ?? [], size: entry.size, stored: bodyLeft, at: offset)
        // A segment without bytes only marks the end of the file.
        entry.segments?.removeAll { $0.length == 0 }
        state = .body
        return .entry
    }
}
