/// What a reader makes of a stream: frames, how it ended, and what was left.
struct Reading: Equatable {
    var frames: [[UInt8]] = []
    var error: FrameError?
    var rest: [UInt8] = []
}

/// Reads `bytes` cut into pieces whose lengths the fuzzer chose; by copy and in place in turn.
func read(_ bytes: [UInt8], cuts: [Int]) -> Reading {
    // A small limit, so that random lengths reach both sides of it.
    var reader = FrameReader(limit: 1000)
    var reading = Reading()
    var start = 0
    var turn = 0
    while start < bytes.count {
        let end = min(bytes.count, start + (cuts.isEmpty ? bytes.count : cuts[turn % cuts.count]))
        let piece = Array(bytes[start..<end])
        if turn % 2 == 0 {
            reader.append(piece)
        } else {
            _ = reader.fill(atLeast: piece.count) { room in
                room.copyBytes(from: piece)
                return piece.count
            }
        }
        start = end
        turn += 1
        do throws(FrameError) {
            while let frame = try reader.next() { reading.frames.append(frame) }
        } catch { reading.error = error }
    }
    reading.rest = reader.takeRest()
    return reading
}

// Any cutting of the same bytes gives the same frames. The first bytes of the input are the cuts.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: data, count: count))
    let cuts = input.prefix(4).map { Int($0) + 1 }
    let bytes = Array(input.dropFirst(4))
    let whole = read(bytes, cuts: [])
    precondition(read(bytes, cuts: cuts) == whole, "cutting changed what was read")
    precondition(read(bytes, cuts: [1]) == whole, "single bytes changed what was read")
    // What came out goes in again as the bytes that it came from.
    var again: [UInt8] = []
    for frame in whole.frames { Frame.append(into: &again) { $0 += frame } }
    precondition(again + whole.rest == bytes, "bytes were lost or invented")
    return 0
}
