import GantryModel
import GantrySystem
import GantryWire
import Testing

@testable import GantryRuntime

/// Which entries of a log are shown, and how little of it is read for them.
struct LogReaderTests {
    /// A log with an entry a second from `first` on, seconds since 1970; torn lines are put in between when asked.
    private func withLog(
        _ count: Int, first: Int64 = 1_000_000, padding: Int = 0, torn: Bool = false, _ body: (String) throws -> Void
    ) throws {
        let path = "/tmp/gantry-logs-\(Processes.current)-\(File.random(6).map { String($0, radix: 16) }.joined())"
        defer { try? Path.unlink(path) }
        var bytes = [UInt8]()
        let filler = String(repeating: "x", count: padding)
        for index in 0..<count {
            let time = Timestamp(seconds: first + Int64(index))
            bytes += #"{"log":"\#(index)\#(filler)\n","stream":"stdout","time":"\#(time)"}"#.utf8
            bytes.append(10)
            if torn, index % 3 == 0 { bytes += Array(#"{"log":"torn \"time\":\""#.utf8) + [10, 10] }
        }
        try File.replace(path, with: bytes, sync: false)
        try body(path)
    }

    private func read(_ path: String, _ change: (inout LogReader.Options) -> Void) throws -> [String] {
        var options = LogReader.Options()
        change(&options)
        var output = [UInt8]()
        try LogReader(path: path, options: options, isLive: { false }, isCancelled: { false }).read { output += $0 }
        var reader = StdioFrameReader()
        reader.append(output)
        var lines = [String]()
        while let frame = try reader.next() {
            lines.append(String(decoding: frame.bytes.filter { $0 != 10 && $0 != UInt8(ascii: "x") }, as: UTF8.self))
        }
        return lines
    }

    /// Every pair of bounds on logs of several sizes against the plain rule.
    @Test(arguments: [(0, 0, false), (1, 0, false), (7, 0, true), (90, 700, true), (300, 500, false)])
    func boundsAreInclusive(_ count: Int, _ padding: Int, _ torn: Bool) throws {
        try withLog(count, padding: padding, torn: torn) { path in
            let bounds: [Int?] = [nil, -5, 0, 1, count / 3, count / 2, count - 1, count, count + 5]
            for since in bounds {
                for until in bounds {
                    for tail in [nil, 0, 1, 10] as [Int?] {
                        var expected = (0..<count).filter { $0 >= since ?? 0 && $0 <= until ?? count }
                        if let tail, !torn || tail == 0 { expected = expected.suffix(tail) }
                        let lines = try read(path) { options in
                            options.since = since.map { Timestamp(seconds: 1_000_000 + Int64($0)) }
                            options.until = until.map { Timestamp(seconds: 1_000_000 + Int64($0)) }
                            // A torn line counts as one that is looked at, so there a tail may show fewer.
                            options.tail = torn && tail != 0 ? nil : tail
                        }
                        #expect(lines == expected.map(String.init), "since \(since as Any) until \(until as Any)")
                    }
                }
            }
        }
    }

    @Test func betweenTwoEntriesIsNothing() throws {
        try withLog(100) { path in
            let lines = try read(path) { options in
                options.since = Timestamp(nanoseconds: 1_000_010_000_000_001)
                options.until = Timestamp(nanoseconds: 1_000_010_999_999_999)
            }
            #expect(lines.isEmpty)
        }
    }

    @Test func theEndOfALargeLogIsFoundWithoutReadingIt() throws {
        try withLog(10_000, padding: 4000) { path in
            let files = try LogFiles(path)
            let size = files.end
            var search = LogSearch(files)
            let offset = try search.first(from: Timestamp(seconds: 1_000_000 + 9998))
            #expect(size > 40_000_000)
            #expect(offset > size - 9000)
            #expect(try search.last(2, from: 0, to: size) == offset)
            #expect(search.cost < 1 << 20, "\(search.cost) bytes were read")
            let lines = try read(path) { $0.since = Timestamp(seconds: 1_000_000 + 9998) }
            #expect(lines == ["9998", "9999"])
        }
    }

    @Test func followingEndsWhenItsTimeIsOver() throws {
        try withLog(3) { path in
            var options = LogReader.Options()
            options.follow = true
            options.until = Timestamp(nanoseconds: Clock.realtime + 300_000_000)
            let start = Clock.monotonic
            try LogReader(path: path, options: options, isLive: { true }, isCancelled: { false }).read { _ in }
            #expect(Clock.monotonic - start < 5_000_000_000)
        }
    }
}
