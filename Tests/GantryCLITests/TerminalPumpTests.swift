import GantrySystem
import GantryWire
import Testing

@testable import GantryCLI

/// The pump on a terminal: keys that leave, windows, and terminals that go away. The test plays user and shim.
@Suite(.serialized) struct TerminalPumpTests {
    /// A pump on a pseudo-terminal of its own, in a thread.
    private final class Session: Sendable {
        let user: SharedDescriptor
        let shim: SharedDescriptor
        private let ending = Monitor<AttachPump.Ending?>(nil)
        private let reader = Monitor(StdioFrameReader())

        /// `input`: whether keys are read; a terminal that only shows has none.
        init(rows: UInt16 = 24, columns: UInt16 = 80, input: Bool = true) throws {
            let ends = try Terminal.openPair()
            user = SharedDescriptor(OwnedDescriptor(ends.master))
            try Terminal.setSize(ends.master, Terminal.Size(rows: rows, columns: columns))
            let (ours, theirs) = try UnixSocket.pair()
            shim = SharedDescriptor(OwnedDescriptor(theirs))
            let (ending, slave) = (self.ending, ends.slave)
            let ready = Monitor(false)
            try Threads.start("pump") {
                defer {
                    _ = OwnedDescriptor(ours)
                    _ = OwnedDescriptor(slave)
                }
                let result: AttachPump.Ending
                do {
                    let keyboard = input ? UserTerminal(slave) : nil
                    try keyboard?.takeOver()
                    ready.with { $0 = true }
                    ready.wakeAll()
                    var pump = AttachPump(shim: ours, input: input ? slave : nil, output: slave, errors: slave)
                    pump.window = UserTerminal(slave)
                    pump.keyboard = keyboard
                    if input { pump.keys = .standard }
                    result = try pump.run(signals: try SignalReader([Signals.user1])) { _ in true }
                    keyboard?.giveBack()
                } catch {
                    result = .lost("\(error)")
                }
                ending.with { $0 = result }
                ending.wakeAll()
            }
            // What is typed before it is raw is the terminal's own to interpret.
            try #require(ready.wait(milliseconds: 10_000) { $0 ? true : nil } == true)
        }

        func type(_ text: String) throws { try File.write(user.raw, text) }

        /// The next frame that the pump sends; nil when it has closed.
        func frame() throws -> StdioFrame? {
            let socket = shim.raw
            try UnixSocket.setReceiveTimeout(socket, milliseconds: 5000)
            return try reader.with { reader in
                while true {
                    if let frame = try reader.next() { return frame }
                    let count = try reader.fill { room throws(Errno) in try UnixSocket.receive(socket, into: room) }
                    if count == 0 { return nil }
                }
            }
        }

        func send(_ frame: StdioFrame) throws {
            var bytes: [UInt8] = []
            frame.encode(into: &bytes)
            try UnixSocket.send(shim.raw, bytes)
        }

        func end() throws -> AttachPump.Ending {
            try #require(ending.wait(milliseconds: 10_000) { $0 }, "the pump goes on")
        }
    }

    @Test func theWindowIsTheFirstThingTheShimHears() throws {
        let session = try Session(rows: 50, columns: 132)
        #expect(try session.frame() == .resize(rows: 50, columns: 132))
        try session.send(StdioFrame(.exit, Array(#"{"exitCode":3}"#.utf8)))
        #expect(try session.end() == .exited(code: 3, error: nil))
    }

    @Test func aTerminalWithoutSizeSaysNothing() throws {
        let session = try Session(rows: 0, columns: 0)
        try session.type("x")
        #expect(try session.frame() == StdioFrame(.stdin, [120]))
        try session.send(StdioFrame(.exit, Array(#"{"exitCode":0}"#.utf8)))
        #expect(try session.end() == .exited(code: 0, error: nil))
    }

    @Test func theDetachKeysLeaveWithAWord() throws {
        let session = try Session(rows: 0, columns: 0)
        try session.type("a\u{10}")
        #expect(try session.frame() == StdioFrame(.stdin, [97]))
        try session.type("b\u{10}\u{11}never")
        #expect(try session.frame() == StdioFrame(.stdin, [0x10, 98]))
        #expect(try session.frame() == StdioFrame(.detach))
        #expect(try session.frame() == nil)
        #expect(try session.end() == .detached)
    }

    /// Control keys are bytes: an end of file at the keyboard ends nothing here.
    @Test func controlKeysArePassedOn() throws {
        let session = try Session(rows: 0, columns: 0)
        try session.type("\u{3}\u{4}\u{1a}\u{1c}\u{13}")
        #expect(try session.frame() == StdioFrame(.stdin, [3, 4, 0x1a, 0x1c, 0x13]))
        try session.send(StdioFrame(.exit, Array(#"{"exitCode":0}"#.utf8)))
        #expect(try session.end() == .exited(code: 0, error: nil))
    }
}

/// The user's terminal by itself.
struct UserTerminalTests {
    @Test func takenOverGivenBackAndResumed() throws {
        let ends = try Terminal.openPair()
        let master = OwnedDescriptor(ends.master)
        let slave = OwnedDescriptor(ends.slave)
        func echoes() throws -> Bool {
            try File.write(master.raw, "e")
            let echo = try PollSet.wait(master.raw, .readable, milliseconds: 100)
            var chunk = [UInt8](repeating: 0, count: 16)
            if echo { _ = try File.readChunk(master.raw, &chunk) }
            return echo
        }
        let before = try Terminal.mode(slave.raw)
        #expect(try echoes())
        do {
            let terminal = try #require(UserTerminal(slave.raw))
            terminal.resume()
            #expect(try echoes(), "nothing to take over again")
            try terminal.takeOver()
            #expect(try !echoes())
            // What a shell does while the program is stopped.
            try Terminal.setMode(slave.raw, before)
            #expect(try echoes())
            terminal.resume()
            #expect(try !echoes())
            terminal.giveBack()
            #expect(try echoes())
            try terminal.takeOver()
            #expect(try !echoes())
        }
        #expect(try echoes(), "its end gives it back")
    }

    @Test func aPipeIsNoTerminal() throws {
        let pipe = try File.pipe()
        #expect(UserTerminal(pipe.read.raw) == nil)
    }
}
