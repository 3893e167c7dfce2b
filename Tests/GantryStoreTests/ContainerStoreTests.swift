import GantryCore
import GantryModel
import GantryStore
import GantrySystem
import GantryWire
import Testing

@Suite struct ContainerStoreTests {
    @Test func recordsSurviveAReopening() throws {
        let bench = try StoreBench()
        let made = try bench.container("web")
        let status = ContainerStatus(
            state: .exited, exitCode: 137, startedAt: Timestamp(seconds: 5), finishedAt: Timestamp(seconds: 6),
            oomKilled: true, error: "killed")
        let changed = try bench.metadata.setStatus(made.id, status, events: [EventDraft("containers.exited", [:])])
        #expect(changed.status == status)
        for _ in 0..<2 {
            let record = try bench.metadata.container(namespace: "default", id: made.id)
            #expect(record == changed && record.details == made.details)
            #expect(try bench.metadata.spec(made.id) == Array("{\"ociVersion\":\"1.0.2\"}".utf8))
            #expect(try bench.metadata.snapshot(driver: "native", key: made.id.text).info.kind == .active)
            #expect(try bench.metadata.replay(since: 0, namespace: nil, limit: 9).count == 2)
            try bench.reopen()
        }
    }

    @Test func namesAreUniqueInANamespace() throws {
        let bench = try StoreBench()
        let made = try bench.container("web")
        let other = StoreBench.id()
        #expect(code { try bench.container("web", id: other) } == "already_exists")
        #expect(!Path.exists(bench.layout.container(namespace: "default", id: other)))
        #expect(code { try bench.container("web2", id: made.id) } == "already_exists")
        #expect(Path.exists("\(bench.layout.container(namespace: "default", id: made.id))/container.json"))
        try bench.container("web", namespace: "other")
        #expect(code { try bench.container("a b") } == "invalid_argument")
        #expect(code { try bench.container("ab", namespace: "../x") } == "invalid_argument")
        try bench.metadata.deleteContainer(made.id, events: [])
        try bench.container("web")
        #expect(bench.metadata.namespaces().map(\.name) == ["default", "other"])
    }

    @Test func findsByIdNameAndPrefix() throws {
        let bench = try StoreBench()
        let tail = String(repeating: "0", count: 60)
        let ids = try ["abca", "abcb", "beef"].map { try ContainerID($0 + tail) }
        for (name, id) in zip(["first", "second", "abcb"], ids) { try bench.container(name, id: id) }
        let store = bench.metadata
        #expect(try store.findContainer(namespace: "default", ids[1].text).name == "second")
        #expect(try store.findContainer(namespace: "default", "first").id == ids[0])
        #expect(try store.findContainer(namespace: "default", "abca").id == ids[0])
        #expect(try store.findContainer(namespace: "default", "b").id == ids[2])
        // A name wins over the beginning of an id.
        #expect(try store.findContainer(namespace: "default", "abcb").id == ids[2])
        #expect(code { _ = try store.findContainer(namespace: "default", "abc") } == "invalid_argument")
        #expect(code { _ = try store.findContainer(namespace: "default", "abcc") } == "not_found")
        #expect(code { _ = try store.findContainer(namespace: "default", "") } == "not_found")
        #expect(code { _ = try store.findContainer(namespace: "other", "first") } == "not_found")
        #expect(code { _ = try store.container(namespace: "other", id: ids[0]) } == "not_found")
        #expect(store.containers(namespace: "default").map(\.name) == ["abcb", "second", "first"])
        try store.deleteContainer(ids[1], events: [])
        #expect(try store.findContainer(namespace: "default", "abc").id == ids[0])
        #expect(store.containers(namespace: "default").map(\.name) == ["abcb", "first"])
    }

    @Test func renames() throws {
        let bench = try StoreBench()
        let made = try bench.container("one")
        try bench.container("two")
        #expect(code { try bench.metadata.renameContainer(made.id, to: "two", events: []) } == "already_exists")
        try bench.metadata.renameContainer(made.id, to: "three", events: [])
        #expect(code { _ = try bench.metadata.findContainer(namespace: "default", "one") } == "not_found")
        try bench.reopen()
        #expect(try bench.metadata.findContainer(namespace: "default", "three").id == made.id)
        let file = try File.contents("\(bench.layout.container(namespace: "default", id: made.id))/container.json")
        #expect(try JSON.parse(file)["container"]?["name"]?.string == "three")
        #expect(try JSON.parse(file)["spec"]?["ociVersion"]?.string == "1.0.2")
    }

    @Test func nothingIsLeftOfAFailedCreation() throws {
        let bench = try StoreBench()
        let id = StoreBench.id()
        #expect(code { try bench.container("web", id: id, parent: "sha256:none") } == "not_found")
        let none = Digest.of([1])
        #expect(code { try bench.container("web", id: id, image: none) } == "not_found")
        #expect(bench.metadata.allContainers().isEmpty && bench.metadata.newestSequence == 0)
        #expect(code { _ = try bench.metadata.snapshot(driver: "native", key: id.text) } == "not_found")
        #expect(!Path.exists(bench.layout.container(namespace: "default", id: id)))
        try bench.container("web", id: id)
        #expect(code { try bench.metadata.setStatus(StoreBench.id(), .init(), events: []) } == "not_found")
        #expect(code { try bench.metadata.deleteContainer(StoreBench.id(), events: []) } == "not_found")
    }

    @Test func directoriesWithoutARowAreSwept() throws {
        let bench = try StoreBench()
        let made = try bench.container("web")
        let stray = bench.layout.container(namespace: "default", id: StoreBench.id())
        try bench.reopen { _ in try Path.makeDirectories(stray) }
        #expect(!Path.exists(stray))
        #expect(Path.exists(bench.layout.container(namespace: "default", id: made.id)))
        // A lost database sweeps nothing: the files are what it is rebuilt from.
        try bench.reopen { layout in
            for suffix in ["", "-wal", "-shm"] { try? Path.unlink(layout.database + suffix) }
        }
        #expect(bench.metadata.isFresh && bench.metadata.allContainers().isEmpty)
        #expect(Path.exists(bench.layout.container(namespace: "default", id: made.id)))
    }
}
