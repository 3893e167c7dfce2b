import GantrySystem
import GantryWire
import Testing

@testable import GantryCLI

/// `gantry run` from its first call to its exit status, against a daemon and a shim that a test plays.
@Suite struct ForegroundTests {
    /// A shim that waits for `task.attach` and then does what `play` says.
    private final class FakeShim: Sendable {
        let path: String
        let attached = Monitor<JSON?>(nil)
        private let listener: SharedDescriptor

        init(_ play: @escaping @Sendable (Int32) -> Void) throws {
            let name = File.random(6).reduce("") { $0 + String($1, radix: 16) }
            path = "/tmp/gantry-cli-shim-\(name).sock"
            listener = SharedDescriptor(try UnixSocket.listen(path, mode: 0o600))
            try Threads.start("fake-shim") { [listener, attached] in
                guard let client = try? UnixSocket.accept(listener.raw) else { return }
                var reader = FrameReader()
                while true {
                    if let request = try? reader.nextObject() {
                        attached.with { $0 = request["params"] }
                        var bytes = Envelope.result(id: .int(1), [:]).frame()
                        // Output right behind the answer, in one write: nothing of it may be lost.
                        StdioFrame(.stdout, Array("first ".utf8)).encode(into: &bytes)
                        try? UnixSocket.send(client.raw, bytes)
                        return play(client.raw)
                    }
                    let raw = client.raw
                    let count = try? reader.fill { room throws(Errno) in try UnixSocket.receive(raw, into: room) }
                    if count ?? 0 == 0 { return }
                }
            }
        }

        func stop() {
            UnixSocket.shutDown(listener.raw, .both)
            try? Path.unlink(path)
        }
    }

    private static func exit(_ code: Int64, _ socket: Int32) {
        var bytes: [UInt8] = []
        StdioFrame(.exit, JSON.object(["exitCode": .int(code)]).encoded()).encode(into: &bytes)
        try? UnixSocket.send(socket, bytes)
    }

    private func run(
        _ arguments: [String], input: [UInt8]? = nil, shim: FakeShim, after: ((Int32) -> Void)? = nil,
        answer: @escaping @Sendable (String, JSON) -> FakeDaemon.Answer? = { _, _ in nil }
    ) throws -> (program: Program, calls: [(method: String, parameters: JSON)]) {
        let path = shim.path
        let daemon = try FakeDaemon { method, parameters in
            if let answer = answer(method, parameters) { return answer }
            return switch method {
            case "containers.create": .result(["id": "c1", "name": "n", "warnings": ["careful"]])
            case "tasks.create": .result(["socket": .string(path)])
            default: .result([:])
            }
        }
        defer {
            daemon.stop()
            shim.stop()
        }
        let program = try Program(["run"] + arguments, socket: daemon.path, input: input, after: after)
        return (program, daemon.calls)
    }

    @Test func theExitStatusIsTheContainers() throws {
        let shim = try FakeShim { Self.exit(7, $0) }
        let (program, calls) = try run(["--rm", "busybox", "false"], shim: shim)
        #expect(program.output == "first ")
        #expect(program.errors == "WARNING: careful\n")
        #expect(program.status == 7)
        #expect(
            calls.map(\.method) == [
                "containers.create", "tasks.create", "tasks.start", "containers.wait",
            ])
        #expect(calls.last?.parameters == ["container": "c1", "condition": "removed", "deadlineMs": 10_000])
        #expect(shim.attached.with { $0 } == ["stdin": false, "stdout": true, "stderr": true, "exclusive": true])
    }

    @Test func inputGoesInOnlyWhenAskedFor() throws {
        let shim = try FakeShim { socket in
            var reader = StdioFrameReader()
            while true {
                while let frame = try? reader.next() {
                    if frame.kind == .stdinEOF { return ForegroundTests.exit(0, socket) }
                    var bytes: [UInt8] = []
                    StdioFrame(.stdout, frame.bytes).encode(into: &bytes)
                    try? UnixSocket.send(socket, bytes)
                }
                let count = try? reader.fill { room throws(Errno) in try UnixSocket.receive(socket, into: room) }
                if count ?? 0 == 0 { return }
            }
        }
        let (program, _) = try run(["-i", "busybox", "cat"], input: Array("typed".utf8), shim: shim)
        #expect(program.output == "first typed")
        #expect(program.status == 0)
    }

    @Test func signalsArePassedOn() throws {
        let killed = Monitor<Bool>(false)
        let shim = try FakeShim { socket in
            _ = killed.wait(milliseconds: 10_000) { $0 ? true : nil }
            Self.exit(143, socket)
        }
        let started = Monitor<Bool>(false)
        let (program, calls) = try run(
            ["busybox", "sleep", "1000"], shim: shim,
            after: { pid in
                _ = started.wait(milliseconds: 10_000) { $0 ? true : nil }
                try? Processes.signal(pid: pid, Signals.terminate)
            },
            answer: { method, _ in
                if method == "tasks.start" {
                    started.with { $0 = true }
                    started.wakeAll()
                } else if method == "tasks.kill" {
                    killed.with { $0 = true }
                    killed.wakeAll()
                }
                return nil
            })
        #expect(program.status == 143)
        #expect(calls.suffix(2).map(\.method) == ["tasks.kill", "containers.wait"])
        #expect(calls.dropLast().last?.parameters == ["container": "c1", "signal": 15])
    }

    @Test(arguments: [(126, 126), (127, 127), (nil, 125)] as [(Int64?, Int32)])
    func aFailedStartHasDockersStatus(_ details: Int64?, _ status: Int32) throws {
        let shim = try FakeShim { Self.exit(127, $0) }
        let (program, calls) = try run(
            ["--rm", "busybox", "frob"], shim: shim,
            answer: { method, _ in
                method == "tasks.start"
                    ? .error(.failedPrecondition, "start 'frob': not there", exitCode: details) : nil
            })
        #expect(program.errors.hasSuffix("Error: start 'frob': not there\n"))
        #expect(calls.last?.method == "containers.remove")
        #expect(program.status == status)
    }

    @Test func theDaemonKnowsTheExitCodeWhenTheShimIsGone() throws {
        let shim = try FakeShim { _ in }
        let tries = Monitor<Int>(0)
        let (program, calls) = try run(
            ["busybox"], shim: shim,
            answer: { method, _ in
                guard method == "containers.wait" else { return nil }
                // The first time the daemon is just being restarted.
                return tries.with {
                    $0 += 1
                    return $0 == 1 ? .hangUp : .result(["exitCode": 9])
                }
            })
        #expect(program.status == 9)
        #expect(calls.filter { $0.method == "containers.wait" }.count == 2)
    }

    @Test func whatNeverStartedIsRemovedAgain() throws {
        let shim = try FakeShim { _ in }
        let (program, calls) = try run(
            ["--rm", "busybox"], shim: shim,
            answer: { method, _ in
                method == "tasks.create" ? .error(.unavailable, "create task 'c1': no shim") : nil
            })
        #expect(program.status == 125)
        #expect(calls.map(\.method) == ["containers.create", "tasks.create", "containers.remove"])
    }

    @Test func startAttachesToWhatRunsAlready() throws {
        let shim = try FakeShim { Self.exit(4, $0) }
        let path = shim.path
        let daemon = try FakeDaemon { method, _ in
            switch method {
            case "containers.get": .result(["id": "c1", "autoRemove": false])
            case "tasks.create": .error(.failedPrecondition, "create task 'c1': it is running")
            case "tasks.get": .result(["socket": .string(path)])
            default: .error(.internal, method)
            }
        }
        defer {
            daemon.stop()
            shim.stop()
        }
        let program = try Program(["start", "-a", "web"], socket: daemon.path)
        #expect(program.output == "first ")
        #expect(program.status == 4)
        #expect(program.errors == "")
    }

    @Test func inTheBackgroundTheIdIsPrinted() throws {
        let shim = try FakeShim { _ in }
        let (program, calls) = try run(["-d", "busybox"], shim: shim)
        #expect(program.output == "c1\n")
        #expect(program.status == 0)
        #expect(calls.map(\.method) == ["containers.create", "tasks.start"])
    }
}
