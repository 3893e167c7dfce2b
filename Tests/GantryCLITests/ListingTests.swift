import GantryModel
import GantryWire
import Testing

@testable import GantryCLI

@Suite struct ListingTests {
    private let ago: Ago
    private let containers: [JSON] = [
        [
            "id": "4c01db0b339c9bf33ea4ba3fcd71a0f9b1f0c7a1a1e9d3d3a8e7a1b2c3d4e5f6", "name": "web", "image": "busybox",
            "command": ["httpd", "-f", "-h", "/www of mine"], "createdAt": "2026-11-23T11:58:00Z", "state": "running",
            "startedAt": "2026-11-23T11:59:57Z", "pid": 7, "labels": ["role": "front", "a": "b"],
        ],
        [
            "id": "bbbbbbbbbbbbbbbb", "name": "a-longer-name", "image": "sha256:0123456789abcdef", "command": ["true"],
            "createdAt": "2026-11-22T11:58:00Z", "state": "exited", "exitCode": 137,
            "finishedAt": "2026-11-23T11:00:00Z", "labels": [:],
        ],
    ]

    init() throws { ago = Ago(now: try Timestamp("2026-11-23T12:00:00Z")) }

    private func listing(_ format: String?, noTrunc: Bool = false) throws -> String {
        let rows = ContainerListing(noTrunc: noTrunc, ago: ago)
        let (listing, form) = (ContainerListing.listing(size: false), try ListingFormat(format))
        let fields = listing.fields(for: form)
        return try listing.text(containers.map { rows.row($0, fields) }, form)
    }

    @Test func tableIsPaddedAsDockersIs() throws {
        #expect(
            try listing(nil) == """
                CONTAINER ID   IMAGE          COMMAND                  CREATED         STATUS                           PORTS     NAMES
                4c01db0b339c   busybox        "httpd -f -h '/www o…"   2 minutes ago   Up 3 seconds                               web
                bbbbbbbbbbbb   0123456789ab   "true"                   24 hours ago    Exited (137) About an hour ago             a-longer-name

                """)
    }

    @Test func templatesTablesAndJSON() throws {
        #expect(try listing("{{.Names}}: {{.State}}") == "web: running\na-longer-name: exited\n")
        #expect(
            try listing(#"table {{.Names}}\t{{.ID}}"#) == """
                NAMES           CONTAINER ID
                web             4c01db0b339c
                a-longer-name   bbbbbbbbbbbb

                """)
        #expect(try listing(#"{{.Label "role"}}|{{.Labels}}"#) == "front|role=front,a=b\n|\n")
        #expect(try listing(#"table {{.Label "role"}}"#).hasSuffix("front\n\n"))
        let lines = try listing("json").split(separator: "\n")
        #expect(lines.count == 2)
        let first = try JSON.parse(Array(lines[0].utf8))
        #expect(first["Names"] == "web")
        #expect(first["Label"] == nil)
        #expect(first["RunningFor"] == "2 minutes ago")
        #expect(first["CreatedAt"] == "2026-11-23 11:58:00 +0000 UTC")
    }

    @Test func nothingIsCutWithNoTrunc() throws {
        let text = try listing("{{.ID}} {{.Command}} {{.Image}}", noTrunc: true)
        #expect(
            text.hasPrefix(
                "4c01db0b339c9bf33ea4ba3fcd71a0f9b1f0c7a1a1e9d3d3a8e7a1b2c3d4e5f6 \"httpd -f -h '/www of mine'\""))
        #expect(text.hasSuffix("sha256:0123456789abcdef\n"))
    }

    @Test func aMisspeltFieldIsAnErrorAlsoWithoutRows() throws {
        #expect(throws: TemplateError.self) { try listing("{{.Name}}") }
        let format = try ListingFormat("{{.Name}}")
        #expect(throws: TemplateError.self) { try ContainerListing.listing(size: false).text([], format) }
        #expect(try ContainerListing.listing(size: false).text([], try ListingFormat("{{.Names}}")) == "")
    }

    @Test func states() {
        let rows = ContainerListing(ago: ago)
        #expect(rows.status(["state": "created"]) == "Created")
        #expect(rows.status(["state": "paused", "startedAt": "2026-11-23T11:59:57Z"]) == "Up 3 seconds (Paused)")
        #expect(rows.status(["state": "dead"]) == "Dead")
        #expect(rows.status(["state": "exited", "exitCode": 0]) == "Exited (0) N/A")
    }

    @Test func images() throws {
        let image: JSON = [
            "id": "sha256:0123456789abcdef", "digest": "sha256:ffff", "repository": "busybox", "tag": "latest",
            "createdAt": "2026-11-01T12:00:00Z", "size": 4_260_000,
        ]
        let listing = ImageListing(ago: ago)
        #expect(
            try listing.listing.text([listing.row(image)], try ListingFormat(nil)) == """
                REPOSITORY   TAG       IMAGE ID       CREATED       SIZE
                busybox      latest    0123456789ab   3 weeks ago   4.26MB

                """)
    }
}
