import GantryCore
import GantryModel
import GantryStore
import GantrySystem
import GantryWire
import Testing

@testable import GantryImages

/// Pulls that break off, are cancelled, meet one another, or are lied to.
@Suite struct PullFaultTests {
    private let size = 1 << 20

    @Test func aBrokenPullGoesOnWhereItBroke() throws {
        let bench = try PullBench()
        let layer = PullBench.layer("large", size)
        let digest = Digest.of(layer)
        try bench.registry.image([PullBench.layer("small"), layer])
        bench.registry.state.with { $0.breaks[digest] = 704_512 }
        #expect(bench.failure().hasPrefix("unavailable: "))
        #expect(try bench.ingests().contains("pull-\(digest)-\(layer.count)"))
        #expect(bench.metadata.images(namespace: "default").isEmpty)
        try bench.pull()
        #expect(bench.registry.serves(digest) == layer.count)
        #expect(bench.registry.state.with { $0.requests[digest] }?.last == 704_512)
        #expect(try bench.ingests().isEmpty)
    }

    @Test func whatCameWholeBeforeTheBreakStaysForADay() throws {
        let bench = try PullBench()
        let (first, second) = (PullBench.layer("first"), PullBench.layer("second", size))
        try bench.registry.image([first, second])
        bench.registry.state.with { $0.gates[Digest.of(second)] = 65_536 }
        let session = try bench.session()
        let running = try bench.begin(session: session)
        #expect(waits { (try? bench.content.info(Digest.of(first))) != nil })
        bench.registry.state.with { $0.breaks[Digest.of(second)] = 65_536 }
        bench.registry.openGates()
        #expect(throws: GantryError.self) { try running.wait() }
        #expect(session.hasFetched)
        bench.leases.failed(session.holder, keeps: session.hasFetched)
        #expect(try bench.metadata.leases(namespace: "default").count == 1)
        #expect(try !bench.metadata.references(to: .blob(Digest.of(first))).isEmpty)
        let again = try bench.session()
        try bench.pull(session: again)
        bench.leases.succeeded(again.holder, try Reference("test"))
        #expect(bench.registry.state.with { $0.requests[Digest.of(first)] } == [0])
        #expect(try bench.metadata.leases(namespace: "default").isEmpty)
    }

    @Test func damageOnTheDiskIsFoundAndMended() throws {
        let bench = try PullBench()
        let layer = PullBench.layer("large", size)
        let digest = Digest.of(layer)
        try bench.registry.image([layer])
        bench.registry.state.with { $0.breaks[digest] = 655_360 }
        #expect(bench.failure().hasPrefix("unavailable: "))
        #expect(try bench.ingests().count == 1)
        // As a power cut may leave it.
        let ingest = try Directory.list(bench.root + "/content/ingest")[0].name
        let file = try File.open(bench.root + "/content/ingest/\(ingest)/data", .write)
        let zeros = [UInt8](repeating: 0, count: 4096)
        try zeros.withUnsafeBytes { try File.write(file.raw, $0, at: 300_000) }
        #expect(try bench.pull().isNew)
        #expect(bench.registry.state.with { $0.requests[digest] } == [0, 655_360, 0])
        #expect(try bench.tree(bench.pull().target) == ["large"])
    }

    @Test func wrongBytesAreDroppedAndTheNextPullBeginsAnew() throws {
        let bench = try PullBench()
        let layer = PullBench.layer("large", size)
        let digest = Digest.of(layer)
        try bench.registry.image([layer])
        var changed = layer
        changed[600_000] ^= 1
        for lie in [changed, Array(layer.dropLast(512)), layer + [0]] {
            bench.registry.state.with { $0.lies[digest] = lie }
            let failure = bench.failure()
            #expect(failure.hasPrefix("data_loss: "), "\(failure)")
            #expect(failure.contains(digest.hex))
            #expect(try bench.ingests().isEmpty)
            #expect(throws: GantryError.self) { _ = try bench.content.info(digest) }
            #expect(bench.metadata.images(namespace: "default").isEmpty)
        }
        bench.registry.state.with { $0.lies = [:] }
        #expect(try bench.pull().isNew)
        #expect(bench.registry.state.with { $0.requests[digest] } == [0, 0, 0, 0])
    }

    @Test func twoClientsShareOneDownload() throws {
        let bench = try PullBench()
        let layer = PullBench.layer("large", size)
        let digest = Digest.of(layer)
        try bench.registry.image([layer])
        bench.registry.state.with { $0.gates[digest] = 500_000 }
        let sessions = try (0..<3).map { _ in try bench.session() }
        let running = try sessions.map { try bench.begin(session: $0) }
        #expect(bench.registry.waitUntilServed(digest, 491_520))
        for session in sessions {
            #expect(waits { session.progress.first?.state == .downloading })
        }
        bench.registry.openGates()
        for pull in running { #expect(try pull.wait().isNew || true) }
        #expect(bench.registry.serves(digest) == layer.count)
        for session in sessions {
            #expect(try bench.metadata.references(from: .lease(session.holder)).contains(.blob(digest)))
        }
    }

    @Test func theSecondClientGoesOnWhenTheFirstLeaves() throws {
        let bench = try PullBench()
        let layer = PullBench.layer("large", size)
        let digest = Digest.of(layer)
        try bench.registry.image([layer])
        bench.registry.state.with { $0.gates[digest] = 500_000 }
        let (first, second) = (try bench.session(), try bench.session())
        let leaving = try bench.begin(session: first)
        #expect(bench.registry.waitUntilServed(digest, 491_520))
        let staying = try bench.begin(session: second)
        #expect(waits { second.progress.first?.state == .downloading })
        first.cancel()
        #expect(throws: GantryError.self) { try leaving.wait(milliseconds: 1000) }
        bench.leases.failed(first.holder, keeps: false)
        bench.registry.openGates()
        #expect(try staying.wait().isNew)
        #expect(bench.registry.serves(digest) == layer.count)
        #expect(try bench.metadata.references(from: .lease(second.holder)).contains(.blob(digest)))
    }

    @Test func theSecondClientTriesForItselfWhenTheFirstFails() throws {
        let bench = try PullBench()
        let layer = PullBench.layer("large", size)
        let digest = Digest.of(layer)
        try bench.registry.image([layer])
        bench.registry.state.with { state in
            state.gates[digest] = 500_000
            state.breaks[digest] = 500_000
        }
        bench.registry.state.with { $0.breaks = [:] }
        let (first, second) = (try bench.session(), try bench.session())
        let failing = try bench.begin(session: first)
        #expect(bench.registry.waitUntilServed(digest, 491_520))
        let staying = try bench.begin(session: second)
        #expect(waits { second.progress.first?.state == .downloading })
        bench.registry.state.with { $0.breaks[digest] = 1 }
        bench.registry.openGates()
        #expect(throws: GantryError.self) { try failing.wait() }
        #expect(try staying.wait().isNew)
        #expect(bench.registry.serves(digest) == layer.count)
    }

    @Test func aCancelledPullEndsAtOnceAndLeavesWhatItHas() throws {
        let bench = try PullBench()
        let layers = (0..<6).map { PullBench.layer("file-\($0)", size) }
        try bench.registry.image(layers)
        bench.registry.state.with { state in for layer in layers { state.gates[Digest.of(layer)] = 500_000 } }
        let session = try bench.session()
        let running = try bench.begin(session: session)
        for layer in layers[..<3] { #expect(bench.registry.waitUntilServed(Digest.of(layer), 491_520)) }
        let start = Clock.monotonic
        session.cancel()
        do {
            try running.wait()
            Issue.record("a cancelled pull ended well")
        } catch { #expect(PullBench.text(error).hasPrefix("cancelled: ")) }
        #expect(Clock.monotonic - start < 1_000_000_000)
        bench.transfers.close(milliseconds: 1000)
        let kept = try bench.content.statuses().map(\.offset)
        #expect(kept.count == 3 && kept.allSatisfy { $0 >= 491_520 }, "\(kept)")
        #expect(throws: GantryError.self) { try bench.pull() }
    }

    @Test func aCancelledPullCanBeTakenUpAtOnce() throws {
        let bench = try PullBench()
        let layer = PullBench.layer("large", size)
        let digest = Digest.of(layer)
        try bench.registry.image([layer])
        for round in 1...5 {
            bench.registry.state.with { $0.gates[digest] = round * 150_000 }
            let session = try bench.session()
            let running = try bench.begin(session: session)
            #expect(bench.registry.waitUntilServed(digest, round * 150_000))
            session.cancel()
            #expect(throws: GantryError.self) { try running.wait() }
        }
        bench.registry.openGates()
        #expect(try bench.pull().isNew)
        #expect(bench.registry.serves(digest) == layer.count)
    }

    @Test func pullsOfManyClientsAndImagesEndRight() throws {
        let bench = try PullBench()
        let layers = (0..<8).map { PullBench.layer("file-\($0)", 200_000) }
        for image in 0..<4 { try bench.registry.image(Array(layers[..<(image + 5)]), tag: "v\(image)") }
        let running = try (0..<16).map { try bench.begin("image:v\($0 % 4)", session: try bench.session()) }
        for pull in running { try pull.wait(milliseconds: 30_000) }
        for layer in layers { #expect(bench.registry.serves(Digest.of(layer)) == layer.count) }
        #expect(try bench.ingests().isEmpty)
        #expect(bench.metadata.images(namespace: "default").count == 4)
    }

    /// Waits up to five seconds.
    private func waits(_ condition: () -> Bool) -> Bool {
        for _ in 0..<500 {
            if condition() { return true }
            Clock.sleep(milliseconds: 10)
        }
        return false
    }
}
