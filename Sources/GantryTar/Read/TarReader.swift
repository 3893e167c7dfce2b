/// Reads a tar archive without doing any input or output of its own.
///
/// The owner hands in whatever bytes it has and asks for the next event; the reader says when it needs more. Bodies are
/// never copied: an event of data is a range of the buffer that was handed in.
///
///     header ──▶ (extension ──▶ header)* ──▶ entry ──▶ (sparse map) ──▶ data* ──▶ endEntry ──▶ header …
///        └── two zero blocks ──▶ end (the rest is ignored)
///
/// Understands ustar, pax (`x` and `g`), GNU long names (`L`, `K`), GNU sparse files (old, 0.0, 0.1, 1.0) and base-256
/// numbers; checks every checksum. Memory is bounded by `limits`, whatever the archive says.
///
/// ```swift
/// var reader = TarReader(), cursor = 0
/// loop: while true {
///     switch try reader.next(chunk, at: &cursor) {
///     case .needsInput: chunk = …; cursor = 0        // no more? try reader.finish(); break loop
///     case .entry: begin(reader.entry)
///     case .data(let offset, let bytes): write(chunk[bytes], at: offset)
///     case .endEntry: close()
///     case .end: break loop
///     }
/// }
/// ```
package struct TarReader {
    package enum Event: Equatable {
        /// Everything handed in was used up.
        case needsInput
        /// A member begins; it is in `entry`.
        case entry
        /// Part of the member's content: where it belongs in the file, and where it is in the buffer.
        case data(offset: Int64, bytes: Range<Int>)
        /// The member is whole.
        case endEntry
        /// The end marker was read; what follows in the stream means nothing.
        case end
    }

    package struct Limits: Sendable {
        /// Longest pax header, long name or sparse map, in bytes.
        package var extensionBytes: Int64 = 1 << 20
        package init() {}
    }

    enum State {
        case header
        case extensionBody(type: UInt8, left: Int64)
        /// Further blocks of an old GNU sparse map come before the entry can be told.
        case oldSparse
        case lineMap(LineMap)
        case body
        case padding(Int64)
        case ended
    }

    /// Progress through a PAX 1.0 map.
    struct LineMap {
        var newlines = 0
        var count: Int?
    }

    /// The member that the last `.entry` announced.
    package internal(set) var entry = TarEntry()
    /// Bytes consumed so far.
    package internal(set) var offset: Int64 = 0

    let limits: Limits
    var state = State.header
    /// The block being put together when the buffers do not end on block boundaries; and its length.
    var block = [UInt8](repeating: 0, count: TarHeader.size)
    var blockLength = 0
    /// The body of an extension or a map as it arrives.
    var collected: [UInt8] = []
    var zeroBlocks = 0

    // What extension headers said about the entry to come.
    var globals = PaxRecords()
    var locals = PaxRecords()
    var longName: [UInt8]?
    var longLink: [UInt8]?

    // The body in progress.
    /// Stored bytes left in the archive.
    var bodyLeft: Int64 = 0
    /// Bytes of fill after the body.
    var bodyPadding: Int64 = 0
    var segmentIndex = 0
    /// Bytes of the current segment that were passed on; without a map, of the file.
    var segmentDone: Int64 = 0

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Moves on by one event. `cursor` is where in `input` the reader stands, and is advanced.
    ///
    /// `.data` ranges are valid for this `input` only.
    /// - Throws: `TarError`; the reader is of no use afterwards.
    package mutating func next(_ input: UnsafeRawBufferPointer, at cursor: inout Int) throws(TarError) -> Event {
        while true {
            switch state {
            case .ended:
                offset += Int64(input.count - cursor)
                cursor = input.count
                return .end
            case .header:
                guard let event = try header(input, &cursor) else { continue }
                return event
            case .extensionBody(let type, let left):
                guard try collect(input, &cursor, left, type) else { return .needsInput }
            case .oldSparse:
                guard try takeBlock(input, &cursor) else { return .needsInput }
                if try oldSparseBlock() { return .entry }
            case .lineMap(let map):
                guard try takeBlock(input, &cursor) else { return .needsInput }
                if try lineMapBlock(map) { return .entry }
            case .body:
                return body(input, &cursor)
            case .padding(let left):
                let step = min(left, Int64(input.count - cursor))
                cursor += Int(step)
                offset += step
                if left > step {
                    state = .padding(left - step)
                    return .needsInput
                }
                state = .header
            }
        }
    }

    /// Says that no more input will come.
    ///
    /// An archive without its end marker is taken, as every reader does, if it ends between two members.
    /// - Throws: `TarError` (`.truncated`) when it ends inside one.
    package func finish() throws(TarError) {
        switch state {
        case .ended: return
        case .header where blockLength == 0 && locals.isEmpty && longName == nil && longLink == nil: return
        case .header, .extensionBody: throw TarError(.truncated, "archive ends inside a header", at: offset)
        case .oldSparse, .lineMap, .body, .padding:
            throw TarError(.truncated, "archive ends inside '\(entry.displayName)'", at: offset)
        }
    }

    // MARK: bodies

    private mutating func body(_ input: UnsafeRawBufferPointer, _ cursor: inout Int) -> Event {
        if bodyLeft == 0 {
            state = bodyPadding > 0 ? .padding(bodyPadding) : .header
            return .endEntry
        }
        let available = Int64(input.count - cursor)
        if available == 0 { return .needsInput }
        var step = min(bodyLeft, available)
        var target = segmentDone
        if let segments = entry.segments {
            while segments[segmentIndex].length == segmentDone {
                segmentIndex += 1
                segmentDone = 0
            }
            step = min(step, segments[segmentIndex].length - segmentDone)
            target = segments[segmentIndex].offset + segmentDone
        }
        let range = cursor..<cursor + Int(step)
        cursor += Int(step)
        offset += step
        bodyLeft -= step
        segmentDone += step
        return .data(offset: target, bytes: range)
    }

    /// Puts the next 512 bytes into `block`; false when the input ends before.
    mutating func takeBlock(_ input: UnsafeRawBufferPointer, _ cursor: inout Int) throws(TarError) -> Bool {
        let step = min(TarHeader.size - blockLength, input.count - cursor)
        if step > 0 {
            block.withUnsafeMutableBytes { target in
                UnsafeMutableRawBufferPointer(rebasing: target[blockLength..<blockLength + step])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: input[cursor..<cursor + step]))
            }
        }
        cursor += step
        offset += Int64(step)
        blockLength += step
        if blockLength < TarHeader.size { return false }
        blockLength = 0
        return true
    }
}
