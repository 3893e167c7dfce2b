import GantryCore
import GantryModel
import GantryStore
import GantrySystem
import GantryWire
import Testing

@Suite struct CollectorTests {
    @Test func anImageHoldsItsTreeAndNothingElse() throws {
        let bench = try StoreBench()
        let lease = try bench.metadata.createLease(namespace: "default", id: nil, labels: [:], expires: nil).key
        let layer = try bench.blob(lease: lease)
        let config = try bench.blob(lease: lease)
        let manifest = try bench.blob(lease: lease)
        try bench.metadata.addReferences(from: .blob(manifest.digest), to: [.blob(layer.digest), .blob(config.digest)])
        try bench.layer("chain-1")
        try bench.layer("chain-2", parent: "chain-1", holders: [.blob(manifest.digest)])
        let name = "docker.io/library/busybox:latest"
        _ = try bench.metadata.putImage(namespace: "default", name: name, target: manifest, labels: [:], events: [])
        try bench.metadata.deleteLease(lease)
        #expect(try bench.collector.drain() == CollectorReport())
        let container = try bench.container("web", image: manifest.digest, parent: "chain-2")
        _ = try bench.metadata.deleteImage(namespace: "default", name: name, events: [])
        #expect(try bench.collector.drain().blobs == 0)
        try bench.metadata.deleteContainer(container.id, events: [])
        let report = try bench.collector.drain(limit: 2)
        #expect(report.blobs == 3 && report.snapshots == 3 && report.failures.isEmpty)
        // Children before parents.
        #expect(bench.removed.with { $0 } == [container.id.text, "chain-2", "chain-1"].map { "native/\($0)" })
        #expect(try bench.content.list().isEmpty)
        #expect(try Directory.list(bench.layout.trash).isEmpty)
        #expect(try Directory.list(bench.layout.blobs(.sha256)).isEmpty)
    }

    @Test func whatIsReferredToAgainStays() throws {
        let bench = try StoreBench()
        let blob = try bench.blob()
        let first = try Reference("a").description
        let second = try Reference("b").description
        _ = try bench.metadata.putImage(namespace: "default", name: first, target: blob, labels: [:], events: [])
        _ = try bench.metadata.deleteImage(namespace: "default", name: first, events: [])
        _ = try bench.metadata.putImage(namespace: "default", name: second, target: blob, labels: [:], events: [])
        #expect(try bench.collector.drain().blobs == 0)
        let other = try bench.blob()
        let before = try bench.metadata.image(namespace: "default", name: second)
        let after = try bench.metadata.putImage(
            namespace: "default", name: second, target: other, labels: [:], events: [])
        #expect(after.created == before.created && after.updated > before.updated)
        #expect(try bench.collector.drain().blobs == 1)
        #expect(try bench.content.list().map(\.digest) == [other.digest])
        let missing = Descriptor(mediaType: .ociManifest, digest: blob.digest, size: 64)
        let failure = code {
            _ = try bench.metadata.putImage(
                namespace: "default", name: second, target: missing, labels: [:], events: [])
        }
        #expect(failure == "not_found")
        #expect(try bench.metadata.image(namespace: "default", name: second).target == other)
    }

    @Test func leasesExpire() throws {
        let bench = try StoreBench()
        let now = Timestamp(nanoseconds: Clock.realtime)
        let past = try bench.metadata.createLease(
            namespace: "default", id: "past", labels: ["k": "v"], expires: now.adding(seconds: -1))
        let future = try bench.metadata.createLease(
            namespace: "default", id: "future", labels: [:], expires: now.adding(seconds: 60))
        #expect(try bench.metadata.lease(past.key) == past)
        let one = try bench.blob(lease: past.key)
        let both = try bench.blob(lease: past.key)
        try bench.metadata.addReferences(from: .lease(future.key), to: [.blob(both.digest)])
        let report = try bench.collector.drain()
        #expect(report.leases == 1 && report.blobs == 1)
        #expect(code { _ = try bench.content.info(one.digest) } == "not_found")
        #expect(try bench.metadata.leases(namespace: "default") == [future])
        #expect(code { _ = try bench.metadata.lease(past.key) } == "not_found")
        #expect(code { try bench.metadata.deleteLease(past.key) } == "not_found")
        #expect(
            code { _ = try bench.metadata.createLease(namespace: "default", id: "future", labels: [:], expires: nil) }
                == "already_exists")
    }

    @Test func theLoopWakesByItselfForAnExpiryAndACandidate() throws {
        let bench = try StoreBench()
        let done = Monitor<[CollectorReport]>([])
        let loop = CollectorLoop(bench.collector) { result in
            if case .success(let report) = result { done.with { $0.append(report) } }
            done.wakeAll()
        }
        try loop.start()
        let soon = Timestamp(nanoseconds: Clock.realtime + 200_000_000)
        let lease = try bench.metadata.createLease(namespace: "default", id: nil, labels: [:], expires: soon)
        _ = try bench.blob(lease: lease.key)
        let expired = done.wait(milliseconds: 20_000) { $0.contains { $0.leases == 1 } ? true : nil }
        #expect(expired == true)
        let blob = try bench.blob()
        let name = try Reference("a").description
        _ = try bench.metadata.putImage(namespace: "default", name: name, target: blob, labels: [:], events: [])
        _ = try bench.metadata.deleteImage(namespace: "default", name: name, events: [])
        let collected = done.wait(milliseconds: 20_000) { $0.reduce(0) { $0 + $1.blobs } == 2 ? true : nil }
        #expect(collected == true)
        loop.stop()
        loop.stop()
    }

    @Test func aDriverThatRefusesIsAskedAgain() throws {
        let bench = try StoreBench()
        let container = try bench.container("web")
        try bench.metadata.deleteContainer(container.id, events: [])
        let refusing = Collector(bench.metadata) { _, _ in throw GantryError(.failedPrecondition, "mounted") }
        let report = try refusing.drain()
        #expect(report.snapshots == 0 && report.failures.count == 1)
        #expect(code { _ = try bench.metadata.snapshot(driver: "native", key: container.id.text) } == "not_found")
        try bench.reopen()
        let gone = Collector(bench.metadata) { _, _ in throw GantryError(.notFound, "gone") }
        #expect(try gone.drain().snapshots == 1)
        #expect(try bench.collector.drain() == CollectorReport())
    }

    @Test func snapshotsAreForgottenByHandOnlyWhenFree() throws {
        let bench = try StoreBench()
        try bench.layer("below")
        try bench.layer("above", parent: "below")
        #expect(
            code {
                try bench.metadata.forgetSnapshot(
                    driver: "native", key: "below", namespace: nil, despite: [])
            } == "failed_precondition")
        try bench.metadata.markSynced(driver: "native", ["below", "none"])
        #expect(try bench.metadata.snapshots(driver: "native", namespace: nil).map(\.info.synced) == [false, true])
        try bench.metadata.forgetSnapshot(driver: "native", key: "above", namespace: nil, despite: [])
        try bench.metadata.forgetSnapshot(driver: "native", key: "below", namespace: nil, despite: [])
        #expect(
            code {
                try bench.metadata.forgetSnapshot(
                    driver: "native", key: "below", namespace: nil, despite: [])
            } == "not_found")
        #expect(code { try bench.layer("x", holders: [.blob(Digest.of([9]))]) } == "not_found")
        #expect(try bench.metadata.snapshots(driver: "native", namespace: "default").isEmpty)
    }
}
