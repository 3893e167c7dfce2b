import GantryWire
import Testing

@Suite struct StdioFrameTests {
    @Test func bytesOnTheWire() {
        var bytes: [UInt8] = []
        StdioFrame(.stdout, Array("hi".utf8)).encode(into: &bytes)
        StdioFrame(.stdinEOF).encode(into: &bytes)
        #expect(bytes == [2, 0, 0, 0, 2, 0x68, 0x69, 1, 0, 0, 0, 0])
    }

    @Test(arguments: [1, 2, 4, 5, 6, 100])
    func anyChunkingGivesTheSame(chunk: Int) throws {
        let frames = [
            StdioFrame(.stdin, [1, 2, 3]), StdioFrame(.stdinEOF), .resize(rows: 24, columns: 300),
            StdioFrame(.exit, Array(#"{"exitCode":3}"#.utf8)), StdioFrame(.lagged),
        ]
        var bytes: [UInt8] = []
        for frame in frames { frame.encode(into: &bytes) }
        var reader = StdioFrameReader()
        var found: [StdioFrame] = []
        var start = 0
        while start < bytes.count {
            reader.append(Array(bytes[start..<min(start + chunk, bytes.count)]))
            start += chunk
            while let frame = try reader.next() { found.append(frame) }
        }
        #expect(found == frames)
        #expect(found[2].size?.rows == 24 && found[2].size?.columns == 300)
        #expect(found[0].size == nil)
    }

    @Test func longRunsAreCut() throws {
        var bytes: [UInt8] = []
        StdioFrame(.stdout, [UInt8](repeating: 7, count: StdioFrame.maximumLength + 5)).encode(into: &bytes)
        var reader = StdioFrameReader()
        reader.append(bytes)
        #expect(try reader.next()?.bytes.count == StdioFrame.maximumLength)
        #expect(try reader.next()?.bytes.count == 5)
        #expect(try reader.next() == nil)
    }

    @Test func refusesAndSticks() {
        var reader = StdioFrameReader()
        reader.append([99])
        #expect(throws: StdioFrameError.unknownKind(99)) { try reader.next() }
        reader.append([1, 0, 0, 0, 0])
        #expect(throws: StdioFrameError.unknownKind(99)) { try reader.next() }
        var long = StdioFrameReader()
        long.append([2, 0, 16, 0, 1])
        #expect(throws: StdioFrameError.tooLong(0x100001)) { try long.next() }
    }
}
