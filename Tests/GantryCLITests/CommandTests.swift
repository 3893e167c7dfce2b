import GantrySystem
import GantryWire
import Testing

@testable import GantryCLI

/// The built program against a daemon that a test plays.
@Suite struct CommandTests {
    private static let container: JSON = [
        "id": "4c01db0b339c9bf33ea4ba3fcd71a0f9b1f0c7a1a1e9d3d3a8e7a1b2c3d4e5f6", "name": "web", "image": "busybox",
        "command": ["true"], "createdAt": "2026-11-23T11:58:00Z", "state": "exited", "exitCode": 3, "labels": [:],
    ]

    private func run(
        _ arguments: [String], input: [UInt8]? = nil, _ answer: @escaping @Sendable (String, JSON) -> FakeDaemon.Answer
    ) throws -> (program: Program, calls: [(method: String, parameters: JSON)]) {
        let daemon = try FakeDaemon(answer)
        defer { daemon.stop() }
        let program = try Program(arguments, socket: daemon.path, input: input)
        return (program, daemon.calls)
    }

    @Test func listingsAndTheNamespace() throws {
        let (program, calls) = try run(["--namespace", "n", "container", "ls", "-a", "--format", "{{.Names}}"]) {
            _, _ in
            .items([Self.container, Self.container])
        }
        #expect(program.output == "web\nweb\n")
        #expect(program.status == 0)
        #expect(calls.map(\.parameters) == [["all": true, "namespace": "n"]])
    }

    @Test func aLongListComesWhole() throws {
        let items = (0..<5000).map { index -> JSON in ["id": .string("\(index)"), "state": "created"] }
        let (program, _) = try run(["ps", "-aq"]) { _, _ in .items(items) }
        #expect(program.output.split(separator: "\n").count == 5000)
    }

    @Test func eachNameIsDoneAndEachErrorTold() throws {
        let (program, calls) = try run(["rm", "a", "b", "c"]) { _, parameters in
            parameters["container"] == "b" ? .error(.notFound, "remove container 'b': no such container") : .result([:])
        }
        #expect(program.output == "a\nc\n")
        #expect(program.errors == "Error: remove container 'b': no such container\n")
        #expect(program.status == 1)
        #expect(calls.count == 3)
    }

    @Test func severalAreStoppedAtOnce() throws {
        // No answer until both were asked for: one after the other would take five seconds, and fail.
        let asked = Monitor<Int>(0)
        let daemon = try FakeDaemon { _, _ in
            asked.with { $0 += 1 }
            asked.wakeAll()
            let both: Bool? = asked.wait(milliseconds: 5000) { $0 == 2 ? true : nil }
            return both == true ? .result([:]) : .error(.deadlineExceeded, "asked one at a time")
        }
        defer { daemon.stop() }
        let program = try Program(["stop", "-t", "1", "a", "b"], socket: daemon.path)
        #expect(program.output.split(separator: "\n").sorted() == ["a", "b"])
        #expect(
            daemon.calls.map(\.parameters) == [["container": "a", "timeout": 1], ["container": "b", "timeout": 1]])
    }

    @Test func inspectFindsContainersAndImages() throws {
        let (program, _) = try run(["inspect", "web", "busybox", "none"]) { method, parameters in
            let name = parameters["container"] ?? parameters["image"]
            if method == "containers.inspect", name == "web" { return .result(["Id": "c"]) }
            if method == "images.inspect", name == "busybox" { return .result(["Id": "i"]) }
            return .error(.notFound, "no")
        }
        #expect(try JSON.parse(Array(program.output.utf8)) == [["Id": "c"], ["Id": "i"]])
        #expect(program.errors.contains("inspect 'none': no such container or image"))
        #expect(program.status == 1)
    }

    @Test func loadSendsTheArchiveFromAFileAndFromAPipe() throws {
        let archive = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
        let path = "/tmp/gantry-cli-\(Processes.current).tar"
        try File.replace(path, with: archive, sync: false)
        defer { try? Path.unlink(path) }
        for (arguments, input) in [(["load", "-i", path], nil), (["load"], archive)] as [([String], [UInt8]?)] {
            let (program, _) = try run(arguments, input: input) { _, _ in
                .take { bytes in
                    [
                        "images": [
                            ["name": .string(bytes == archive ? "busybox:latest" : "damaged")], ["id": "sha256:1"],
                        ]
                    ]
                }
            }
            #expect(program.output == "Loaded image: busybox:latest\nLoaded image ID: sha256:1\n")
            #expect(program.errors == "")
            #expect(program.status == 0)
        }
    }

    @Test func logsGoToBothStreams() throws {
        var frames: [UInt8] = []
        StdioFrame(.stdout, Array("out\n".utf8)).encode(into: &frames)
        StdioFrame(.stderr, Array("err\n".utf8)).encode(into: &frames)
        let bytes = frames
        let (program, calls) = try run(["logs", "-n5", "-f", "web"]) { _, _ in .bytes(bytes) }
        #expect(program.output == "out\n")
        #expect(program.errors == "err\n")
        #expect(
            calls.map(\.parameters) == [["container": "web", "tail": 5, "follow": true, "positions": true]])
    }

    @Test func withoutADaemon() throws {
        let version = try Program(["version"], socket: "/nonexistent/gantry.sock")
        #expect(version.output.hasPrefix("Client:\n Version:"))
        #expect(version.errors == "Error: Cannot connect to gantryd at /nonexistent/gantry.sock. Is it running?\n")
        #expect(version.status == 1)
        #expect(try Program(["run", "busybox"], socket: "/nonexistent").status == 125)
    }

    @Test func usageErrors() throws {
        for (arguments, status) in [
            (["frob"], 1), (["ps", "--frob"], 1), (["run", "--frob", "x"], 125), (["run"], 125), (["rm"], 1),
        ] as [([String], Int32)] {
            let program = try Program(arguments, socket: "/nonexistent")
            #expect(program.status == status, "\(arguments)")
            #expect(program.errors.hasPrefix("Error: "), "\(program.errors)")
            #expect(program.output == "")
        }
    }
}
