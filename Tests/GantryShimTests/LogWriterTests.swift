import GantrySystem
import GantryWire
import Testing

@testable import GantryShim

/// The log as Docker's readers expect it.
struct LogWriterTests {
    private func entries(_ body: (inout LogWriter) -> Void) throws -> [JSON] {
        let path = "/tmp/gantry-log-\(Processes.current)-\(File.random(4).map(String.init).joined())"
        defer { try? Path.unlink(path) }
        var writer = LogWriter(try JSONFileLog(LogTarget(driver: .jsonFile, path: path)))
        body(&writer)
        writer.finish()
        return try File.contents(path).split(separator: 10).map { try JSON.parse(Array($0)) }
    }

    private func append(_ text: String, stderr: Bool = false, to writer: inout LogWriter) {
        Array(text.utf8).withUnsafeBytes { writer.append($0, stderr: stderr) }
    }

    @Test func aLineIsAnEntryHoweverItArrives() throws {
        let entries = try entries { writer in
            append("one\ntw", to: &writer)
            append("err\n", stderr: true, to: &writer)
            append("o\nend", to: &writer)
        }
        #expect(entries.map { $0["log"]?.string } == ["one\n", "err\n", "two\n", "end"])
        #expect(entries.map { $0["stream"]?.string } == ["stdout", "stderr", "stdout", "stdout"])
    }

    @Test func longLinesAreCutAt16KiBWithoutANewline() throws {
        let entries = try entries { append(String(repeating: "x", count: 40_000) + "\n", to: &$0) }
        #expect(entries.map { $0["log"]?.string?.utf8.count } == [16_384, 16_384, 7_233])
        #expect(entries[0]["log"]?.string?.hasSuffix("x") == true)
        #expect(entries[2]["log"]?.string?.hasSuffix("x\n") == true)
    }

    @Test func bytesThatAreNoTextDoNotBreakTheLine() throws {
        let entries = try entries { writer in
            ([0xff, 0x00, 0x22, 0x0a] as [UInt8]).withUnsafeBytes { writer.append($0, stderr: false) }
        }
        #expect(entries.count == 1)
        #expect(entries[0]["log"]?.string == "\u{fffd}\u{0}\"\n")
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000000Z"), (1_795_471_104_065_726_021, "2026-11-23T21:58:24.065726021Z"),
        (951_782_400_000_000_001, "2000-02-29T00:00:00.000000001Z"),
        (1_709_251_199_999_999_999, "2024-02-29T23:59:59.999999999Z"),
    ])
    func timesAreRFC3339(_ nanoseconds: Int64, _ text: String) {
        var clock = LogClock()
        var bytes = [UInt8]()
        clock.append(nanoseconds, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }
}
