import GantrySystem
import GantryWire
import Testing

@testable import GantryCLI

/// The pump between pipes and one end of a socket pair; the test plays the shim at the other.
@Suite(.serialized) struct AttachPumpTests {
    /// Runs a pump on a thread of its own and lets `shim` play the other side meanwhile.
    private func ending(
        input: [UInt8]? = nil, output: Int32, errors: Int32, shim: (borrowing Shim) throws -> Void
    ) throws -> AttachPump.Ending {
        let (ours, theirs) = try UnixSocket.pair()
        let result = Monitor<AttachPump.Ending?>(nil)
        var keyboard: Int32?
        if let input {
            let pipe = try File.pipe().split()
            keyboard = pipe.read
            let bytes = input
            try Threads.start("keyboard") {
                try? File.write(pipe.write, bytes)
                _ = OwnedDescriptor(pipe.write)
            }
        }
        let from = keyboard
        try Threads.start("pump") {
            defer { _ = OwnedDescriptor(ours) }
            Signals.ignore(Signals.pipe)
            var pump = AttachPump(shim: ours, input: from, output: output, errors: errors)
            let ending: AttachPump.Ending
            do {
                ending = try pump.run(signals: try SignalReader([Signals.user1])) { _ in true }
            } catch {
                ending = .lost("\(error)")
            }
            if let from { _ = OwnedDescriptor(from) }
            result.with { $0 = ending }
            result.wakeAll()
        }
        try shim(Shim(socket: OwnedDescriptor(theirs)))
        return try #require(result.wait(milliseconds: 10_000) { $0 })
    }

    private struct Shim: ~Copyable {
        let socket: OwnedDescriptor

        func send(_ frames: StdioFrame...) throws {
            var bytes: [UInt8] = []
            for frame in frames { frame.encode(into: &bytes) }
            try UnixSocket.send(socket.raw, bytes)
        }

        func exit(_ code: Int64) throws {
            try send(StdioFrame(.exit, JSON.object(["exitCode": .int(code)]).encoded()))
        }

        /// Frames up to the end of input.
        func received() throws -> [UInt8] {
            var reader = StdioFrameReader()
            var bytes: [UInt8] = []
            while true {
                while let frame = try reader.next() {
                    if frame.kind == .stdinEOF { return bytes }
                    #expect(frame.kind == .stdin)
                    bytes += frame.bytes
                }
                let socket = self.socket.raw
                let count = try reader.fill { room throws(Errno) in try UnixSocket.receive(socket, into: room) }
                try #require(count > 0)
            }
        }
    }

    @Test func outputGoesToItsPlaceAndTheExitCodeComesOut() throws {
        let out = try File.pipe()
        let err = try File.pipe()
        let ending = try ending(output: out.write.raw, errors: err.write.raw) { shim in
            try shim.send(StdioFrame(.stdout, Array("one ".utf8)), StdioFrame(.stderr, Array("oops".utf8)))
            try shim.send(StdioFrame(.stdout, Array("two".utf8)), StdioFrame(.stdout))
            try shim.exit(42)
        }
        #expect(ending == .exited(code: 42, error: nil))
        #expect(try text(out.read.raw) == "one two")
        #expect(try text(err.read.raw) == "oops")
    }

    @Test func aSlowReaderGetsEveryByteInOrder() throws {
        let out = try File.pipe()
        // Far more than a pipe holds, so that the pump has to wait while the shim has sent all and has left.
        let chunks = (0..<32).map { [UInt8](repeating: UInt8($0), count: 40_000) }
        let reader = Monitor<[UInt8]>([])
        let raw = out.read.raw
        try Threads.start("reader") {
            var chunk = [UInt8](repeating: 0, count: 5000)
            var total = 0
            while total < 32 * 40_000, let count = try? File.readChunk(raw, &chunk), count > 0 {
                total += count
                let part = Array(chunk[..<count])
                reader.with { $0 += part }
            }
            reader.wakeAll()
        }
        let ending = try ending(output: out.write.raw, errors: 2) { shim in
            for chunk in chunks { try shim.send(StdioFrame(.stdout, chunk)) }
            try shim.exit(0)
        }
        #expect(ending == .exited(code: 0, error: nil))
        let all = reader.wait(milliseconds: 10_000) { $0.count == 32 * 40_000 ? $0 : nil }
        #expect(all == chunks.flatMap { $0 })
    }

    @Test func inputIsForwardedToItsEnd() throws {
        let input = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        var received: [UInt8] = []
        let ending = try ending(input: input, output: 1, errors: 2) { shim in
            received = try shim.received()
            try shim.exit(0)
        }
        #expect(ending == .exited(code: 0, error: nil))
        #expect(received == input)
    }

    @Test func inputThatNobodyTakesDoesNotKeepTheExitBack() throws {
        let ending = try ending(input: [UInt8](repeating: 1, count: 4 << 20), output: 1, errors: 2) { shim in
            try shim.exit(3)
        }
        #expect(ending == .exited(code: 3, error: nil))
    }

    @Test func anExitThatSaysWhy() throws {
        let ending = try ending(output: 1, errors: 2) { shim in
            try shim.send(StdioFrame(.exit, JSON.object(["exitCode": 127, "error": "no such file"]).encoded()))
        }
        #expect(ending == .exited(code: 127, error: "no such file"))
    }

    @Test func aBrokenConnectionIsNoExit() throws {
        let out = try File.pipe()
        let ending = try ending(output: out.write.raw, errors: 2) { shim in
            try shim.send(StdioFrame(.stdout, Array("last words".utf8)))
            try UnixSocket.send(shim.socket.raw, [StdioFrame.Kind.exit.rawValue, 0, 0])
        }
        #expect(ending == .lost("attach: the shim closed the connection"))
        #expect(try text(out.read.raw) == "last words")
    }

    @Test func outputThatNobodyReadsEndsQuietly() throws {
        let (read, write) = try File.pipe().split()
        let out = OwnedDescriptor(write)
        _ = OwnedDescriptor(read)
        let ending = try ending(output: out.raw, errors: 2) { shim in
            try shim.send(StdioFrame(.stdout, Array("unread".utf8)))
        }
        #expect(ending == .outputClosed)
    }

    @Test func outputThatCannotBeWrittenIsAnError() throws {
        let full = try File.open("/dev/full", .write)
        let ending = try ending(output: full.raw, errors: 2) { shim in
            try shim.send(StdioFrame(.stdout, Array("lost".utf8)))
        }
        #expect(ending == .outputFailed(.noSpace))
    }

    @Test func standardErrorThatNobodyReadsIsPassedOver() throws {
        let out = try File.pipe()
        let (read, write) = try File.pipe().split()
        let err = OwnedDescriptor(write)
        _ = OwnedDescriptor(read)
        let ending = try ending(output: out.write.raw, errors: err.raw) { shim in
            try shim.send(StdioFrame(.stderr, [1]), StdioFrame(.stderr, [2]), StdioFrame(.stdout, [65]))
            try shim.exit(0)
        }
        #expect(ending == .exited(code: 0, error: nil))
        #expect(try text(out.read.raw) == "A")
    }

    /// What is in the pipe now.
    private func text(_ fd: Int32) throws -> String {
        var chunk = [UInt8](repeating: 0, count: 65536)
        return String(decoding: chunk[..<(try File.readChunk(fd, &chunk))], as: UTF8.self)
    }
}
