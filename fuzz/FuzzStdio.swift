struct Reading: Equatable {
    var frames: [StdioFrame] = []
    var error: StdioFrameError?
    var waiting = 0
}

func read(_ bytes: [UInt8], cuts: [Int]) -> Reading {
    var reader = StdioFrameReader()
    var reading = Reading()
    var start = 0
    var turn = 0
    while start < bytes.count {
        let end = min(bytes.count, start + (cuts.isEmpty ? bytes.count : cuts[turn % cuts.count]))
        reader.append(Array(bytes[start..<end]))
        start = end
        turn += 1
        do throws(StdioFrameError) {
            while let frame = try reader.next() { reading.frames.append(frame) }
        } catch { reading.error = error }
    }
    reading.waiting = reader.buffered
    return reading
}

// Any cutting of the same bytes gives the same stdio frames. The first bytes of the input are the cuts.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: data, count: count))
    let cuts = input.prefix(4).map { Int($0) + 1 }
    let bytes = Array(input.dropFirst(4))
    let whole = read(bytes, cuts: [])
    precondition(read(bytes, cuts: cuts) == whole, "cutting changed what was read")
    precondition(read(bytes, cuts: [1]) == whole, "single bytes changed what was read")
    var again: [UInt8] = []
    for frame in whole.frames { frame.encode(into: &again) }
    precondition(again == Array(bytes.prefix(again.count)), "frames differ from their bytes")
    precondition(again.count + whole.waiting == bytes.count, "bytes were lost or invented")
    return 0
}
