/// Maps of sparse files in all their GNU forms.
///
/// Source: GNU tar manual, "Storing Sparse Files": old format, PAX 0.0, 0.1 and 1.0.
enum TarSparse {
    /// The four segments in an old GNU header (offset 386), or the 21 in each extension block (offset 0).
    /// A segment that begins with a NUL ends the list.
    static func blockMap(
        _ block: UnsafeRawBufferPointer, from start: Int, count: Int, at offset: Int64
    ) throws(TarError) -> [TarSegment] {
        var segments: [TarSegment] = []
        for index in 0..<count {
            let base = start + index * 24
            if block[base] == 0 { break }
            guard let from = TarNumber.field(UnsafeRawBufferPointer(rebasing: block[base..<base + 12])),
                let length = TarNumber.field(UnsafeRawBufferPointer(rebasing: block[base + 12..<base + 24]))
            else { throw TarError(.malformed, "sparse map holds no number", at: offset) }
            segments.append(TarSegment(offset: from, length: length))
        }
        return segments
    }

    /// `offset,length,offset,length` of PAX 0.1.
    static func commaMap(_ value: ArraySlice<UInt8>, at offset: Int64) throws(TarError) -> [TarSegment] {
        var numbers: [Int64] = []
        for part in value.split(separator: 0x2c, omittingEmptySubsequences: false) {
            guard let number = TarNumber.decimal(part) else {
                throw TarError(.malformed, "sparse map holds no number", at: offset)
            }
            numbers.append(number)
        }
        return try pairs(numbers[...], at: offset)
    }

    /// The most segments a file may have; a map of more is an attack on memory.
    static let mostSegments: Int64 = 1 << 17

    /// The first line of a PAX 1.0 map: how many segments follow. `nil` while the line is not whole.
    static func lineCount(_ text: [UInt8], at offset: Int64) throws(TarError) -> Int? {
        guard let end = text.firstIndex(of: 0x0a) else {
            if text.count > 32 { throw TarError(.malformed, "sparse map has no count", at: offset) }
            return nil
        }
        guard let count = TarNumber.decimal(text[..<end]) else {
            throw TarError(.malformed, "sparse map has no count", at: offset)
        }
        if count > mostSegments { throw TarError(.limit, "sparse map of \(count) segments", at: offset) }
        return Int(count)
    }

    /// The lines of PAX 1.0 in front of the data: a count, then an offset and a length for each segment.
    static func lineMap(_ text: [UInt8], at offset: Int64) throws(TarError) -> [TarSegment] {
        var numbers: [Int64] = []
        var lines = text.split(separator: 0x0a, omittingEmptySubsequences: false)[...]
        let count = TarNumber.decimal(lines.popFirst() ?? []) ?? 0
        for line in lines.prefix(Int(count) * 2) {
            guard let number = TarNumber.decimal(line) else {
                throw TarError(.malformed, "sparse map holds no number", at: offset)
            }
            numbers.append(number)
        }
        return try pairs(numbers[...], at: offset)
    }

    private static func pairs(_ numbers: ArraySlice<Int64>, at offset: Int64) throws(TarError) -> [TarSegment] {
        guard numbers.count % 2 == 0 else { throw TarError(.malformed, "sparse map is cut short", at: offset) }
        return stride(from: 0, to: numbers.count, by: 2).map {
            TarSegment(offset: numbers[$0], length: numbers[$0 + 1])
        }
    }

    /// Refuses maps that run backwards, overlap, leave the file, or do not account for the stored bytes exactly.
    static func check(
        _ segments: [TarSegment], size: Int64, stored: Int64, at offset: Int64
    ) throws(TarError) {
        var position: Int64 = 0
        var total: Int64 = 0
        for segment in segments {
            let (end, over) = segment.offset.addingReportingOverflow(segment.length)
            guard !over, segment.length >= 0, segment.offset >= position, end <= size else {
                throw TarError(.malformed, "sparse map leaves the file", at: offset)
            }
            position = end
            total += segment.length
        }
        guard total == stored else {
            throw TarError(.malformed, "sparse map accounts for \(total) of \(stored) bytes", at: offset)
        }
    }
}
