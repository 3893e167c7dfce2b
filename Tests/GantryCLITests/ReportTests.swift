import GantryWire
import Testing

@testable import GantryCLI

@Suite struct ReportTests {
    private let info = InfoReport([
        "id": "x", "version": "0.1.0", "containers": 3, "containersRunning": 1, "memory": 16_000_000_000,
        "cgroup": ["version": "hybrid", "driver": "cgroupfs"],
        "runtime": ["name": "runc", "path": "/usr/sbin/runc", "reason": "controllers are in v2"],
        "features": ["lowerdirPlus": true, "quota": false, "overlay": "fuse"], "warnings": ["no swap limit"],
        "novel": [1],
    ])

    @Test func infoForPeople() {
        let text = info.text
        #expect(text.contains("Containers: 3\n Running: 1\n"))
        #expect(text.contains("Runtime: runc\n Path: /usr/sbin/runc\n Reason: controllers are in v2\n"))
        #expect(text.contains("Total Memory: 16GB\n"))
        #expect(text.hasSuffix("Kernel Features:\n lowerdirPlus: yes\n quota: no\n overlay: fuse\n"))
        #expect(info.warnings == ["no swap limit"])
    }

    @Test func infoWithDockersNames() throws {
        let docker = info.docker
        #expect(docker["NCPU"] == nil)
        #expect(docker["MemTotal"] == 16_000_000_000)
        #expect(docker["CgroupVersion"] == "hybrid")
        #expect(docker["DefaultRuntime"] == "runc")
        #expect(docker["Novel"] == [1])
        #expect(try Template(parsing: "{{.Runtime.reason}}").render(docker) == "controllers are in v2")
    }

    @Test func versions() throws {
        let version = ShowVersion.docker([
            "version": "1.2", "protocol": 1, "os": "linux", "arch": "amd64", "kernel": "6.1",
            "components": [["name": "crun", "version": "1.8"]],
        ])
        #expect(version["ApiVersion"] == 1)
        #expect(version["Components"] == [["Name": "crun", "Version": "1.8"]])
        #expect(version["GitCommit"] == nil)
    }

    @Test func plugins() throws {
        let row = Plugins.row([
            "kind": "snapshotter.v1", "name": "btrfs", "state": "skipped", "reason": "root is not on btrfs",
            "requires": ["a", "b"],
        ])
        let text = try Plugins.listing.text([row], try ListingFormat("{{.Kind}}/{{.Name}} {{.Reason}} {{.Requires}}"))
        #expect(text == "snapshotter.v1/btrfs root is not on btrfs a,b\n")
        #expect(throws: TemplateError.self) { try Plugins.listing.text([], try ListingFormat("{{.Bogus}}")) }
    }
}
