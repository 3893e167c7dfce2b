/// What a reader makes of an archive: members with their content placed, and how it ended.
struct Reading: Equatable {
    var entries: [TarEntry] = []
    var data: [[UInt8]] = []
    var error: TarError?
}

/// Reads `bytes` cut into pieces whose lengths the fuzzer chose.
func read(_ bytes: [UInt8], cuts: [Int]) -> Reading {
    var reader = TarReader()
    var reading = Reading()
    var start = 0
    var turn = 0
    do throws(TarError) {
        while start < bytes.count {
            let end = min(bytes.count, start + (cuts.isEmpty ? bytes.count : cuts[turn % cuts.count]))
            try feed(Array(bytes[start..<end]), &reader, &reading)
            start = end
            turn += 1
        }
        try reader.finish()
    } catch { reading.error = error }
    return reading
}

func feed(_ piece: [UInt8], _ reader: inout TarReader, _ reading: inout Reading) throws(TarError) {
    let result = piece.withUnsafeBytes { buffer in
        Result<Void, TarError> { () throws(TarError) in
            var cursor = 0
            while true {
                switch try reader.next(buffer, at: &cursor) {
                case .needsInput, .end:
                    precondition(cursor == buffer.count, "input is left")
                    return
                case .entry:
                    let entry = reader.entry
                    precondition(!entry.path.contains(0) && !entry.link.contains(0), "a name holds a NUL")
                    precondition(entry.size >= 0 && entry.uid != .max && entry.gid != .max)
                    reading.entries.append(entry)
                    reading.data.append([])
                case .data(let offset, let range):
                    let entry = reader.entry
                    precondition(
                        !range.isEmpty && offset >= 0 && offset + Int64(range.count) <= entry.size
                            || entry.kind != .file)
                    reading.data[reading.data.count - 1] += buffer[range]
                case .endEntry: break
                }
            }
        }
    }
    try result.get()
}

// Random bytes would never pass a checksum: every header block that the input has is given the right one.
func withChecksums(_ input: [UInt8]) -> [UInt8] {
    var bytes = input
    var start = 0
    while start + 512 <= bytes.count {
        if bytes[start] != 0 {
            for index in 148..<156 { bytes[start + index] = 0x20 }
            let sum = bytes[start..<start + 512].reduce(0) { $0 + Int($1) }
            let digits = Array(String(sum, radix: 8).utf8)
            for index in 0..<7 {
                let digit = index - (7 - digits.count)
                bytes[start + 148 + index] = digit >= 0 ? digits[digit] : 0x30
            }
        }
        start += 512
    }
    return bytes
}

// Any cutting of the same bytes gives the same members. The first bytes of the input are the cuts.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: data, count: count))
    let cuts = input.prefix(4).map { Int($0) * 3 + 1 }
    let bytes = withChecksums(Array(input.dropFirst(4)))
    let whole = read(bytes, cuts: [])
    let pieces = read(bytes, cuts: cuts)
    precondition(whole.entries == pieces.entries && whole.data == pieces.data, "the cuts matter")
    precondition(whole.error?.kind == pieces.error?.kind, "the cuts change the error")
    return 0
}
