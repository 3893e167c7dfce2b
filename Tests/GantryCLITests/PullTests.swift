import GantrySystem
import GantryWire
import Testing

@testable import GantryCLI

/// `pull` and the pulls of `run`, against a daemon that a test plays.
@Suite struct PullTests {
    private func run(
        _ arguments: [String], _ answer: @escaping @Sendable (String, JSON) -> FakeDaemon.Answer
    ) throws -> (program: Program, calls: [(method: String, parameters: JSON)]) {
        let daemon = try FakeDaemon(answer)
        defer { daemon.stop() }
        let program = try Program(arguments, socket: daemon.path)
        return (program, daemon.calls)
    }

    private static let digest = "sha256:" + String(repeating: "ab", count: 32)

    private static func result(_ status: String, name: String = "busybox:latest") -> JSON {
        ["name": .string(name), "id": .string(digest), "digest": .string(digest), "status": .string(status)]
    }

    private static func item(_ layer: String, _ state: String, _ current: Int64 = 0, _ message: String? = nil) -> JSON {
        var item: JSONObject = [
            "layer": .string(layer), "state": .string(state), "current": .int(current), "total": 1000,
        ]
        item["message"] = message.map { .string($0) }
        return .object(item)
    }

    private static let items = [
        item("aaaaaaaaaaaa", "exists", 1000), item("bbbbbbbbbbbb", "waiting"), item("cccccccccccc", "downloading", 10),
        item("bbbbbbbbbbbb", "downloading", 500), item("cccccccccccc", "retrying", 10, "broken"),
        item("bbbbbbbbbbbb", "verifying", 1000), item("bbbbbbbbbbbb", "unpacking", 500),
        item("cccccccccccc", "done", 1000), item("bbbbbbbbbbbb", "done", 1000),
    ]

    @Test func intoAPipeALineForEachStep() throws {
        let (program, calls) = try run(["pull", "busybox", "--platform", "linux/arm64"]) { _, _ in
            .stream(Self.items, Self.result("downloaded"))
        }
        #expect(
            program.output == """
                Using default tag: latest
                latest: Pulling from library/busybox
                aaaaaaaaaaaa: Already exists
                bbbbbbbbbbbb: Pulling fs layer
                cccccccccccc: Pulling fs layer
                cccccccccccc: Retrying: broken
                bbbbbbbbbbbb: Download complete
                cccccccccccc: Download complete
                cccccccccccc: Pull complete
                bbbbbbbbbbbb: Pull complete
                Digest: \(Self.digest)
                Status: Downloaded newer image for busybox:latest
                docker.io/library/busybox:latest

                """)
        #expect(program.errors == "" && program.status == 0)
        #expect(calls.map(\.method) == ["images.pull"])
        #expect(calls[0].parameters["image"] == "busybox" && calls[0].parameters["platform"] == "linux/arm64")
    }

    @Test func whatIsUpToDate() throws {
        let (program, _) = try run(["image", "pull", "busybox:latest"]) { _, _ in
            .stream([], Self.result("up_to_date"))
        }
        let lines = program.output.split(separator: "\n")
        #expect(lines.first == "latest: Pulling from library/busybox")
        #expect(
            lines.suffix(2) == ["Status: Image is up to date for busybox:latest", "docker.io/library/busybox:latest"])
    }

    @Test func quietPrintsTheNameAndByDigestItIsPinned() throws {
        let pinned = "busybox@\(Self.digest)"
        for name in ["busybox:1@\(Self.digest)", pinned] {
            let (program, _) = try run(["pull", "-q", name]) { _, _ in
                .stream(Self.items, Self.result("downloaded", name: pinned))
            }
            #expect(program.output == "docker.io/library/\(pinned)\n")
        }
    }

    @Test func refusals() throws {
        for (arguments, sentence) in [
            (["pull", "-a", "busybox"], "--all-tags is not available"), (["pull", "Busy"], "lower case"),
            (["pull"], "Missing expected argument"), (["pull", "a", "b"], "Unexpected argument"),
            (["run", "--pull", "often", "busybox"], "'often' is invalid"),
        ] {
            let (program, calls) = try run(arguments) { _, _ in .result([:]) }
            #expect(program.errors.contains(sentence), "\(arguments): \(program.errors)")
            #expect(program.status == (arguments[0] == "run" ? 125 : 1) && calls.isEmpty)
        }
        let (program, _) = try run(["pull", "busybox"]) { _, _ in .error(.notFound, "pull 'busybox': not there") }
        #expect(program.errors == "Error: pull 'busybox': not there\n" && program.status == 1)
    }

    @Test func anImageThatIsHereCostsOneCall() throws {
        let (program, calls) = try run(["create", "busybox"]) { _, _ in .result(["id": "abc"]) }
        #expect(program.output == "abc\n" && program.errors == "")
        #expect(calls.map(\.method) == ["containers.create"])
    }

    @Test func anImageThatIsMissingIsPulledFirst() throws {
        let created = Monitor(0)
        let (program, calls) = try run(["create", "--platform", "linux/arm64", "busybox"]) { method, _ in
            if method == "images.pull" { return .stream(Self.items, Self.result("downloaded")) }
            let isFirst = created.with { count in
                count += 1
                return count == 1
            }
            return isFirst ? Self.missing : .result(["id": "abc"])
        }
        #expect(program.output == "abc\n" && program.status == 0)
        let said = program.errors.split(separator: "\n")
        #expect(
            said.prefix(2) == ["Unable to find image 'busybox:latest' locally", "latest: Pulling from library/busybox"])
        #expect(said.last == "Status: Downloaded newer image for busybox:latest")
        #expect(calls.map(\.method) == ["containers.create", "images.pull", "containers.create"])
        #expect(calls.allSatisfy { $0.parameters["platform"] == "linux/arm64" })
    }

    private static let missing = FakeDaemon.Answer.refusal(
        .notFound, "find image 'busybox': no such image", ["missing": "image"])

    @Test func policies() throws {
        let (never, asked) = try run(["run", "--pull=never", "busybox"]) { _, _ in Self.missing }
        #expect(never.errors == "Error: find image 'busybox': no such image\n" && never.status == 125)
        #expect(asked.map(\.method) == ["containers.create"])
        let (always, calls) = try run(["create", "-q", "--pull", "always", "busybox"]) { method, _ in
            method == "images.pull" ? .stream(Self.items, Self.result("up_to_date")) : .result(["id": "abc"])
        }
        #expect(always.output == "abc\n" && always.errors == "")
        #expect(calls.map(\.method) == ["images.pull", "containers.create"])
        // Something else that is missing is not cured by a pull.
        let (other, tried) = try run(["create", "busybox"]) { _, _ in .error(.notFound, "use snapshotter 'x': none") }
        #expect(other.status == 1 && tried.count == 1)
        let (failed, _) = try run(["run", "busybox"]) { method, _ in
            method == "images.pull" ? .error(.unavailable, "pull 'busybox': down") : Self.missing
        }
        #expect(failed.errors.hasSuffix("locally\nError: pull 'busybox': down\n") && failed.status == 125)
    }
}
