import GantrySystem
import Testing

@testable import GantryShim

/// A kept process's streams: pipes, and a terminal that comes late.
struct ProcessIOTests {
    @Test func inputThatComesBeforeTheProcessIsKeptForIt() throws {
        var io = ProcessIO(terminal: false, stdin: true)
        io.feed(Array("early ".utf8))
        let ends = try io.open()
        io.started()
        io.feed(Array("late".utf8))
        io.endInput()
        let stdin = try #require(ends.stdin)
        #expect(try File.readAll(stdin.raw, limit: 100) == Array("early late".utf8))
    }

    @Test func whoHasNoInputTakesNone() throws {
        var io = ProcessIO(terminal: false, stdin: false)
        io.feed([UInt8](repeating: 7, count: 200 << 10))
        #expect(!io.inputIsFull)
        #expect(try io.open().stdin == nil)
        #expect(io.waitingInput == -1)
    }

    @Test func aFullInputHoldsItsClientsBack() throws {
        var io = ProcessIO(terminal: false, stdin: true)
        io.feed([UInt8](repeating: 7, count: ProcessIO.mostInput))
        #expect(io.inputIsFull)
    }

    @Test func aTerminalTakesWhatWasTypedBeforeItCameAndDoesNotEndWithAClientsInput() throws {
        let (master, slave) = try Terminal.openPair()
        let terminal = SharedDescriptor(OwnedDescriptor(master))
        let inside = SharedDescriptor(OwnedDescriptor(slave))
        var io = ProcessIO(terminal: true, stdin: true)
        io.feed(Array("typed\n".utf8))
        let ends = try io.open()
        #expect(ends.stdin == nil)
        io.adopt(terminal: terminal)
        io.started()
        io.endInput()
        var line = [UInt8](repeating: 0, count: 64)
        let count = try line.withUnsafeMutableBytes { (buffer) throws(Errno) in try File.read(inside.raw, into: buffer)
        }
        #expect(Array(line[..<count]) == Array("typed\n".utf8))
        io.feed(Array("more\n".utf8))
        let more = try line.withUnsafeMutableBytes { (buffer) throws(Errno) in try File.read(inside.raw, into: buffer)
        }
        #expect(Array(line[..<more]) == Array("more\n".utf8))
    }

    @Test func aTerminalThatNobodyHoldsOpenHasEnded() throws {
        let (master, slave) = try Terminal.openPair()
        var io = ProcessIO(terminal: true, stdin: true)
        _ = try io.open()
        io.adopt(terminal: SharedDescriptor(OwnedDescriptor(master)))
        io.started()
        try write("bye", thenClose: OwnedDescriptor(slave))
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = bytes.withUnsafeMutableBytes { io.read(stderr: false, into: $0) }
        #expect(Array(bytes[..<count]) == Array("bye".utf8))
        #expect(!io.isDrained)
        let rest = bytes.withUnsafeMutableBytes { io.read(stderr: false, into: $0) }
        // The words of the runtime have a pipe of their own until it has succeeded; then nothing is left.
        #expect(rest == 0)
        #expect(io.isDrained)
    }

    private func write(_ text: String, thenClose end: consuming OwnedDescriptor) throws {
        try File.write(end.raw, Array(text.utf8))
    }

    @Test func aWindowThatComesBeforeTheTerminalIsSetWhenItComes() throws {
        let process = KeptProcess(nil, terminal: true, openStdin: true)
        process.resize(rows: 33, columns: 44)
        process.resize(rows: 0, columns: 99)
        let name = "/tmp/gantry-console-\(Processes.current)"
        process.console = try ConsoleSocket(name: name)
        let (master, slave) = try Terminal.openPair()
        let kept = OwnedDescriptor(master)
        let inside = OwnedDescriptor(slave)
        let runtime = try UnixSocket.connect(name)
        process.receiveTerminal()
        #expect(process.console != nil, "it has connected and not yet sent")
        try UnixSocket.send(runtime.raw, descriptors: [kept.raw])
        process.receiveTerminal()
        #expect(process.console == nil)
        #expect(!Path.exists(name))
        #expect(try Terminal.size(inside.raw) == Terminal.Size(rows: 33, columns: 44))
    }
}
