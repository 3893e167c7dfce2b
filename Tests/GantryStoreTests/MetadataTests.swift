import GRDB
import GantryCore
import GantryModel
import GantryStore
import GantrySystem
import GantryWire
import Testing

@Suite struct MetadataTests {
    @Test func imagesWithoutANameAreStoredByTheirDigest() throws {
        let bench = try StoreBench()
        let blob = try bench.blob()
        let name = ImageRecord.dangling(blob.digest)
        _ = try bench.metadata.putImage(namespace: "default", name: name, target: blob, labels: [:], events: [])
        #expect(bench.metadata.images(namespace: "default").map(\.name) == [name])
        for wrong in ["<none>@sha256:12", "<none>", "busybox"] {
            let refusal = code {
                _ = try bench.metadata.putImage(
                    namespace: "default", name: wrong, target: blob, labels: [:], events: [])
            }
            #expect(refusal == "invalid_argument")
        }
    }

    @Test func aNewerSchemaIsRefusedWithAMessage() throws {
        let bench = try StoreBench()
        let layout = bench.layout
        let error = #expect(throws: GantryError.self) {
            try bench.reopen { layout in
                try StoreBench.execute(layout, "INSERT INTO grdb_migrations VALUES ('9 from the future')")
            }
        }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.contains("a newer Gantry wrote it (9 from the future)") == true)
        try StoreBench.execute(layout, "DELETE FROM grdb_migrations WHERE identifier LIKE '9%'")
        _ = try Metadata(layout: layout)
    }

    @Test func somethingThatIsNoDatabaseIsRefused() throws {
        let bench = try StoreBench()
        let error = #expect(throws: GantryError.self) {
            try bench.reopen { layout in
                for suffix in ["-wal", "-shm"] { try? Path.unlink(layout.database + suffix) }
                try File.replace(layout.database, with: [UInt8](repeating: 7, count: 8192), sync: false)
            }
        }
        #expect(error?.code == .dataLoss)
    }

    @Test func eventsAreNumberedReplayedAndBounded() throws {
        let bench = try StoreBench(eventBound: 100)
        for index in 0..<50 {
            try bench.metadata.append(
                namespace: index % 2 == 0 ? "default" : "other",
                [EventDraft("t", ["n": .int(Int64(index))]), EventDraft("u", [:])])
        }
        #expect(bench.metadata.newestSequence == 100 && bench.metadata.oldestSequence == 1)
        let some = try bench.metadata.replay(since: 97, namespace: nil, limit: 10)
        #expect(some.map(\.sequence) == [98, 99, 100] && some[1].payload == ["n": 49] && some[1].namespace == "other")
        #expect(try bench.metadata.replay(since: 0, namespace: "default", limit: 3).map(\.sequence) == [1, 2, 5])
        for _ in 0..<200 { try bench.metadata.append(namespace: "default", [EventDraft("v", [:])]) }
        let (oldest, newest) = (bench.metadata.oldestSequence, bench.metadata.newestSequence)
        #expect(newest == 300 && (161...201).contains(oldest))
        #expect(try bench.metadata.replay(since: 0, namespace: nil, limit: 1).first?.sequence == oldest)
        try bench.reopen()
        #expect(bench.metadata.oldestSequence == oldest && bench.metadata.newestSequence == newest)
        try bench.metadata.append(namespace: "default", [EventDraft("w", [:])])
        #expect(try bench.metadata.replay(since: newest, namespace: nil, limit: 9).map(\.topic) == ["w"])
    }

    @Test func aFollowerIsWoken() throws {
        let bench = try StoreBench()
        let metadata = bench.metadata
        #expect(!metadata.wait(after: 0, milliseconds: 20))
        let woken = Monitor<Bool?>(nil)
        try Threads.start("follower") {
            let result = metadata.wait(after: 0, milliseconds: 20_000)
            woken.with { $0 = result }
            woken.wakeAll()
        }
        try metadata.append(namespace: "default", [EventDraft("t", [:])])
        #expect(woken.wait(milliseconds: 20_000) { $0 } == true)
        // Closing wakes those who wait for ever.
        try Threads.start("follower") {
            let result = metadata.wait(after: 1, milliseconds: nil)
            woken.with { $0 = result }
            woken.wakeAll()
        }
        try metadata.close()
        #expect(woken.wait(milliseconds: 20_000) { $0 == false ? true : nil } == true)
    }

    @Test func namespaces() throws {
        let bench = try StoreBench()
        #expect(bench.metadata.namespaces().map(\.name) == ["default"])
        _ = try bench.metadata.putNamespace("k8s.io", labels: ["a": "b"])
        let container = try bench.container("web", namespace: "k8s.io")
        #expect(code { try bench.metadata.deleteNamespace("k8s.io") } == "failed_precondition")
        #expect(code { try bench.metadata.deleteNamespace("default") } == "failed_precondition")
        #expect(code { try bench.metadata.deleteNamespace("none") } == "not_found")
        for bad in ["", "a/b", "..", "-a", String(repeating: "a", count: 65)] {
            #expect(code { _ = try bench.metadata.putNamespace(bad, labels: [:]) } == "invalid_argument")
        }
        try bench.reopen()
        #expect(bench.metadata.namespaces().first { $0.name == "k8s.io" }?.labels == ["a": "b"])
        try bench.metadata.deleteContainer(container.id, events: [])
        try bench.metadata.deleteNamespace("k8s.io")
        #expect(bench.metadata.namespaces().map(\.name) == ["default"])
    }

    @Test func imagesAreStoredByTheirWholeName() throws {
        let bench = try StoreBench()
        let blob = try bench.blob()
        let failure = code {
            _ = try bench.metadata.putImage(
                namespace: "default", name: "busybox", target: blob, labels: [:], events: [])
        }
        #expect(failure == "invalid_argument")
        #expect(code { _ = try bench.metadata.image(namespace: "default", name: "busybox") } == "not_found")
        #expect(
            code { _ = try bench.metadata.deleteImage(namespace: "default", name: "x", events: []) } == "not_found")
    }

    @Test func commitsAreSynced() throws {
        let bench = try StoreBench()
        #expect(try bench.metadata.synchronousLevel() == 2)
    }

    @Test func writersFromManyThreadsKeepMemoryAndRowsEqual() throws {
        let bench = try StoreBench()
        let metadata = bench.metadata
        let records = try (0..<8).map { try bench.container("c\($0)x") }
        let left = Monitor(8)
        for record in records {
            try Threads.start("writer", stack: 512 << 10) {
                for pid in 1...20 {
                    _ = try? metadata.setStatus(
                        record.id, ContainerStatus(state: .running, pid: Int32(pid)), events: [EventDraft("t", [:])])
                }
                left.with { $0 -= 1 }
                left.wakeAll()
            }
        }
        #expect(left.wait(milliseconds: 60_000) { $0 == 0 ? true : nil } == true)
        let before = metadata.containers(namespace: "default")
        #expect(before.allSatisfy { $0.status.pid == 20 } && metadata.newestSequence == 168)
        try bench.reopen()
        #expect(bench.metadata.containers(namespace: "default") == before)
    }
}
