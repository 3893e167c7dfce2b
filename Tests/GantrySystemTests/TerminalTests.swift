import GantrySystem
import Testing

/// Terminal modes and sizes, on real pseudo-terminals.
struct TerminalTests {
    /// Both ends of a pseudo-terminal, closed with the test.
    private struct Pair: ~Copyable {
        let master: OwnedDescriptor
        let slave: OwnedDescriptor

        init() throws {
            let ends = try Terminal.openPair()
            master = OwnedDescriptor(ends.master)
            slave = OwnedDescriptor(ends.slave)
        }

        func read(_ fd: Int32) throws -> String {
            try #require(try PollSet.wait(fd, .readable, milliseconds: 5000), "nothing came")
            var chunk = [UInt8](repeating: 0, count: 4096)
            return String(decoding: chunk[..<(try File.readChunk(fd, &chunk))], as: UTF8.self)
        }
    }

    @Test func cookedRawAndBack() throws {
        let pair = try Pair()
        let before = try Terminal.mode(pair.slave.raw)
        try File.write(pair.master.raw, "a\r")
        #expect(try pair.read(pair.master.raw) == "a\r\n")
        #expect(try pair.read(pair.slave.raw) == "a\n")

        try Terminal.setMode(pair.slave.raw, before.raw)
        // Keys that mean something to a cooked terminal: end of file, interrupt, stop of output, return.
        let keys = "x\u{4}\u{3}\u{13}\r"
        try File.write(pair.master.raw, keys)
        #expect(try pair.read(pair.slave.raw) == keys)
        try File.write(pair.slave.raw, "one\ntwo")
        #expect(try pair.read(pair.master.raw) == "one\ntwo", "no echo, no carriage returns")

        try Terminal.setMode(pair.slave.raw, before)
        try File.write(pair.slave.raw, "one\n")
        #expect(try pair.read(pair.master.raw) == "one\r\n")
    }

    /// What was typed while the mode changed is neither lost nor held for a line's end.
    @Test func whatWasTypedBeforeIsThereInRawMode() throws {
        let pair = try Pair()
        try File.write(pair.master.raw, "early")
        #expect(try pair.read(pair.master.raw) == "early")
        try Terminal.setMode(pair.slave.raw, try Terminal.mode(pair.slave.raw).raw)
        #expect(try pair.read(pair.slave.raw) == "early")
    }

    @Test func sizes() throws {
        let pair = try Pair()
        #expect(try Terminal.size(pair.slave.raw) == Terminal.Size(rows: 0, columns: 0))
        for size in [Terminal.Size(rows: 24, columns: 80), Terminal.Size(rows: 65535, columns: 1)] {
            try Terminal.setSize(pair.master.raw, size)
            #expect(try Terminal.size(pair.slave.raw) == size)
        }
    }

    @Test func whatIsNoTerminal() throws {
        let pipe = try File.pipe()
        #expect(!Terminal.isTerminal(pipe.read.raw))
        #expect(throws: Errno.notTerminal) { try Terminal.mode(pipe.read.raw) }
        #expect(throws: Errno.notTerminal) { try Terminal.size(pipe.read.raw) }
        let pair = try Pair()
        #expect(Terminal.isTerminal(pair.slave.raw))
    }
}
