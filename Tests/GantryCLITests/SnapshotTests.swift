import GantrySystem
import GantryWire
import Testing

@testable import GantryCLI

/// `gantry snapshot` and `gantry snapshotter`, against a daemon that a test plays.
@Suite struct SnapshotTests {
    private func run(
        _ arguments: [String], _ answer: @escaping @Sendable (String, JSON) -> FakeDaemon.Answer
    ) throws -> (program: Program, calls: [(method: String, parameters: JSON)]) {
        let daemon = try FakeDaemon(answer)
        defer { daemon.stop() }
        let program = try Program(arguments, socket: daemon.path)
        return (program, daemon.calls)
    }

    private static let base = "sha256:" + String(repeating: "ab", count: 32)
    private static let id = String(repeating: "cd", count: 32)

    private static func snapshot(
        _ name: String, _ kind: String, parent: String? = nil, driver: String = "overlayfs", images: [String] = [],
        containers: [String] = []
    ) -> JSON {
        var object: JSONObject = [
            "name": .string(name), "kind": .string(kind), "driver": .string(driver), "labels": [:],
            "created": "2026-11-23T11:58:00Z", "usage": ["bytes": 4_260_000, "inodes": 12],
            "images": .array(images.map { .string($0) }), "containers": .array(containers.map { .string($0) }),
            "usedBy": .array((images + containers).map { .string($0) }),
        ]
        object["parent"] = parent.map { .string($0) }
        return .object(object)
    }

    private static let all = [
        snapshot(base, "committed", images: ["busybox:latest"]),
        snapshot(id, "active", parent: base, containers: ["web"]),
        snapshot("mine", "view", parent: base), snapshot("other", "committed", driver: "native"),
    ]

    @Test func listing() throws {
        let (program, calls) = try run([
            "snapshot", "ls", "--filter", "kind=active", "--format",
            "{{.Key}}|{{.Parent}}|{{.Kind}}|{{.Size}}|{{.UsedBy}}|{{.Snapshotter}}",
        ]) { _, _ in .items(Self.all) }
        #expect(
            program.output == """
                abababababab|<none>|committed|4.26MB|busybox:latest|overlayfs
                cdcdcdcdcdcd|abababababab|active|4.26MB|web|overlayfs
                mine|abababababab|view|4.26MB||overlayfs
                other|<none>|committed|4.26MB||native

                """)
        #expect(calls[0].parameters == ["all": true, "filters": ["kind": ["active"]], "usage": true])
        let (quiet, quietCalls) = try run(["snapshot", "ls", "-q", "--snapshotter", "native"]) { _, _ in
            .items([Self.all[3]])
        }
        #expect(quiet.output == "other\n" && quietCalls[0].parameters == ["driver": "native"])
    }

    @Test func tree() throws {
        let (program, _) = try run(["snapshot", "tree"]) { _, _ in .items(Self.all) }
        #expect(
            program.output == """
                overlayfs
                └── abababababab  4.26MB  image busybox:latest
                    ├── cdcdcdcdcdcd  4.26MB  active  container web
                    └── mine  4.26MB  view
                native
                └── other  4.26MB

                """)
    }

    @Test func usageHasATotal() throws {
        let (program, _) = try run(["snapshot", "usage", "a", "b"]) { _, _ in .result(Self.all[1]) }
        let total = program.output.split(separator: "\n").last?.split(separator: " ")
        #expect(total == ["TOTAL", "8.52MB", "24"])
    }

    @Test func mountsAreWordsOfAShell() throws {
        let (program, calls) = try run(["snapshot", "mounts", "--read-only", "cd", "/my place"]) { method, _ in
            method == "snapshots.inspect"
                ? .result(Self.all[1])
                : .result(["mounts": [["type": "bind", "source": "/a", "options": ["rbind", "rw"]]]])
        }
        #expect(program.output == "mount -t bind /a '/my place' -o ro,rbind\n")
        #expect(calls[1].parameters == ["key": .string(Self.id), "driver": "overlayfs"])
    }

    @Test func removalTellsEachError() throws {
        let (program, calls) = try run(["snapshot", "rm", "a", "b"]) { method, parameters in
            if method == "snapshots.inspect" { return .result(Self.all[2]) }
            return .error(.failedPrecondition, "remove snapshot 'mine': image 'x' needs it")
        }
        #expect(program.status == 1 && program.errors.split(separator: "\n").count == 2 && calls.count == 4)
    }

    @Test func pruneAsksFirst() throws {
        let (program, calls) = try run(["snapshot", "prune"]) { _, _ in .result([:]) }
        #expect(program.output.hasSuffix("Total reclaimed space: 0B\n") && calls.isEmpty)
        let (forced, _) = try run(["snapshot", "prune", "-f"]) { _, _ in
            .result(["deleted": [["driver": "native", "name": "x"]], "spaceReclaimed": 1000])
        }
        #expect(forced.output == "Deleted Snapshots:\nx\n\nTotal reclaimed space: 1kB\n")
    }

    @Test func migrationTellsWhatItDoes() throws {
        let items: [JSON] = [
            ["kind": "image", "name": "busybox:latest", "state": "moving"],
            ["kind": "container", "name": "web", "state": "copying", "bytes": 2000],
            ["kind": "container", "name": "runs", "state": "left", "message": "running"],
        ]
        let result: JSON = [
            "images": 1, "containers": 2, "bytes": 2000,
            "left": [["kind": "container", "name": "runs", "reason": "running"]],
        ]
        let (program, calls) = try run(["snapshotter", "migrate", "--all", "overlayfs", "native"]) { _, _ in
            .stream(items, result)
        }
        #expect(
            program.output == """
                image busybox:latest: moving
                container web: copying 2kB
                container runs: left: running
                moved 1 image, 2 containers (2kB copied); left 1: runs (running)

                """)
        #expect(program.status == 1 && program.errors == "")
        #expect(calls[0].parameters == ["from": "overlayfs", "to": "native", "all": true])
        let (quiet, _) = try run(["snapshotter", "migrate", "-q", "--image", "a", "x", "y"]) { _, _ in
            .stream(items, ["images": 1, "containers": 0, "bytes": 0, "left": []])
        }
        #expect(quiet.output == "moved 1 image, 0 containers\n" && quiet.status == 0)
        let (none, noCalls) = try run(["snapshotter", "migrate", "x", "y"]) { _, _ in .result([:]) }
        #expect(none.status == 1 && none.errors.contains("--image, --container or --all") && noCalls.isEmpty)
    }
}
