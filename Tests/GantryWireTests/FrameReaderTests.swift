import GantryWire
import Testing

@Suite struct FrameReaderTests {
    private func frame(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        Frame.append(into: &bytes) { $0.append(contentsOf: text.utf8) }
        return bytes
    }

    @Test func lengthIsBigEndian() {
        #expect(frame("{}") == [0, 0, 0, 2, 0x7B, 0x7D])
        #expect(frame(String(repeating: "x", count: 0x010203)).prefix(4) == [0, 1, 2, 3])
    }

    @Test(arguments: [1, 2, 3, 5, 7, 1000])
    func anyChunkingGivesTheSame(chunk: Int) throws {
        let texts = ["{}", #"{"a":1}"#, "{\"b\":\"" + String(repeating: "y", count: 300) + "\"}"]
        let bytes = texts.flatMap { frame($0) }
        var reader = FrameReader()
        var found: [String] = []
        var start = 0
        while start < bytes.count {
            reader.append(Array(bytes[start..<min(start + chunk, bytes.count)]))
            start += chunk
            while let next = try reader.next() { found.append(String(decoding: next, as: UTF8.self)) }
        }
        #expect(found == texts)
        #expect(reader.buffered == 0)
    }

    @Test func emptyIsRefusedAndSticks() {
        var reader = FrameReader()
        reader.append([0, 0, 0, 0] + frame("{}"))
        #expect(throws: FrameError.empty) { try reader.next() }
        #expect(throws: FrameError.empty) { try reader.next() }
    }

    @Test func tooLongIsRefusedAtItsLength() {
        var reader = FrameReader()
        reader.append([1, 0, 0, 1])
        #expect(throws: FrameError.tooLong((16 << 20) + 1)) { try reader.next() }
        var small = FrameReader(limit: 10)
        small.append([0, 0, 0, 11])
        #expect(throws: FrameError.tooLong(11)) { try small.nextObject() }
    }

    @Test func theLongestIsTaken() throws {
        var reader = FrameReader()
        reader.append([1, 0, 0, 0])
        #expect(try reader.next() == nil)
        reader.append([UInt8](repeating: 0x20, count: 16 << 20))
        #expect(try reader.next()?.count == 16 << 20)
    }

    @Test func objectsOnly() {
        for (text, error) in [
            ("[]", FrameError.notAnObject(kind: "array")), ("1", .notAnObject(kind: "integer")),
            ("{", .malformed(JSONError(.unexpectedEnd, at: 1))),
        ] {
            var reader = FrameReader()
            reader.append(frame(text))
            #expect(throws: error) { try reader.nextObject() }
            #expect(throws: error) { try reader.nextObject() }
        }
    }

    @Test func fillWritesInPlace() throws {
        var reader = FrameReader()
        let bytes = frame(#"{"a":1}"#)
        let count = reader.fill { room in
            room.copyBytes(from: bytes)
            return bytes.count
        }
        #expect(count == bytes.count)
        #expect(try reader.nextObject() == ["a": 1])
    }

    @Test func theRestGoesElsewhere() throws {
        var reader = FrameReader()
        reader.append(frame("{}") + [1, 2, 3])
        #expect(try reader.nextObject() == [:])
        #expect(reader.takeRest() == [1, 2, 3])
        #expect(reader.buffered == 0)
    }

    @Test func writerRefusesWhatNoReaderTakes() {
        var bytes: [UInt8] = [9]
        #expect(Frame.append(into: &bytes) { _ in } == 0)
        Frame.append(into: &bytes) { $0.append(contentsOf: repeatElement(0x20, count: (16 << 20) + 1)) }
        #expect(bytes == [9])
    }
}
