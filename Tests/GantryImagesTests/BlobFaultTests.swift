import GantryCore
import GantryModel
import GantrySystem
import GantryWire
import RegistryFixture
import Synchronization
import Testing

@testable import GantryImages

/// Blobs that break off, do not end, or are not what was asked for.
// One after another: asking the server for its log empties it.
@Suite(.serialized) struct BlobFaultTests {
    private static let server = Result { try FaultServer() }
    let server: FaultServer

    init() throws { server = try Self.server.get() }

    private func talk(_ name: String, check: @escaping @Sendable () throws -> Void = {}) throws -> Talk {
        try Talk(server.address, "\(name):1", check: check)
    }

    @Test func aBlobGoesOnWhereItBrokeOff() throws {
        _ = try server.log()
        #expect(try talk("short/a").layerArrives())
        let ranges = try server.log().filter { $0["path"]?.string?.hasPrefix("/v2/short/a/blobs") ?? false }
            .compactMap { $0["range"]?.string }
        #expect(ranges == ["", "bytes=1048576-", "bytes=2097152-", "bytes=3145728-"])
    }

    @Test func onlyTheMissingPartIsAskedFor() throws {
        let talk = try talk("good/part")
        let layer = try talk.layer()
        let whole = try talk.bytes(layer)
        _ = try server.log()
        #expect(try talk.bytes(layer, from: 1_000_001) == Array(whole[1_000_001...]))
        #expect(try talk.bytes(layer, from: layer.size).isEmpty)
        let asked = try server.log().filter { $0["path"]?.string?.contains("/good/part/") ?? false }
        #expect(asked.compactMap { $0["range"]?.string } == ["bytes=1000001-"])
    }

    @Test func aRangeThatIsIgnoredCostsTimeOnly() throws {
        #expect(try talk("range-ignored/a").layerArrives())
        let talk = try talk("range-ignored/b")
        let layer = try talk.layer()
        #expect(try talk.bytes(layer, from: 100).count == Int(layer.size) - 100)
    }

    @Test(arguments: [
        ("crumbs/a", ErrorCode.unavailable, "the connection to '"),
        ("silent-end/a", .unavailable, "the blob ended early"),
        ("longer/a", .dataLoss, "more than the 3145735 bytes"), ("endless/a", .dataLoss, "more than the 3145735 bytes"),
        ("shorter/a", .dataLoss, "3145734 bytes where the manifest says 3145735"),
        ("status/404", .notFound, "not found at '"), ("status/500", .unavailable, "status 500"),
        ("circle/a", .unavailable, "redirects in circles"),
    ])
    func blobsThatAreRefused(_ name: String, _ code: ErrorCode, _ words: String) throws {
        let layer = try talk("good/a").layer()
        let error = refusal { _ = try talk(name).bytes(layer) }
        #expect(error.code == code)
        #expect(error.message.hasPrefix("pull blob '\(layer.digest)' of '\(server.address)/"), "\(error)")
        #expect(error.message.contains(words), "\(error)")
    }

    @Test(arguments: [("wrong-range/a", "another part of the blob"), ("no-range/a", "where the manifest says")])
    func rangesThatAreRefused(_ name: String, _ words: String) throws {
        let layer = try talk("good/a").layer()
        let error = refusal { _ = try talk(name).bytes(layer, from: 1000) }
        #expect(error.code == .dataLoss)
        #expect(error.message.contains(words), "\(error)")
    }

    @Test func howFarItCameIsTold() throws {
        let layer = try talk("good/a").layer()
        let error = refusal { _ = try talk("crumbs/b").bytes(layer) }
        #expect(error.message.contains("(after 300 of 3145735 bytes)"), "\(error)")
    }

    @Test func aStallIsRetried() throws {
        let layer = try talk("good/a").layer()
        #expect(try talk("stall/once").bytes(layer).count == Int(layer.size))
        let error = refusal { _ = try talk("stall/always").bytes(layer) }
        #expect(error.code == .unavailable)
        #expect(error.message.contains("has stopped sending"), "\(error)")
    }

    @Test func whatTheSinkThrowsEndsTheTransfer() throws {
        struct Full: Error {}
        let talk = try talk("good/a")
        let layer = try talk.layer()
        var calls = 0
        #expect(throws: Full.self) {
            try talk.source.blob(layer, from: 0) { _ in
                calls += 1
                throw Full()
            }
        }
        #expect(calls == 1)
        // The conversation is as good as before.
        #expect(try talk.layerArrives())
    }

    @Test(arguments: ["silent/a", "stall/always"])
    func aClientThatLeavesEndsTheTransferAtOnce(_ name: String) throws {
        struct Left: Error {}
        let layer = try talk("good/a").layer()
        let hasLeft = Mutex(false)
        let talk = try talk(name) { if hasLeft.withLock({ $0 }) { throw Left() } }
        let leaving = Mutex<Int64>(0)
        try Threads.start("leaves") {
            Clock.sleep(milliseconds: 300)
            leaving.withLock { $0 = Clock.monotonic }
            hasLeft.withLock { $0 = true }
        }
        #expect(throws: Left.self) { _ = try talk.bytes(layer) }
        #expect(Clock.monotonic - leaving.withLock { $0 } < 300_000_000)
    }

    @Test func aClientThatLeavesDoesNotWaitForTheNextAttempt() throws {
        struct Left: Error {}
        var options = Talk.options
        options.retryDelay = 20_000
        let end = Clock.monotonic + 500_000_000
        let talk = try Talk(server.address, "status/503:1", options: options) {
            if Clock.monotonic > end { throw Left() }
        }
        #expect(throws: Left.self) { _ = try talk.manifest() }
        #expect(Clock.monotonic - end < 2_000_000_000)
    }

    @Test func aSlowReaderIsNoStall() throws {
        let talk = try talk("good/slow")
        let layer = try talk.layer()
        var taken: Int64 = 0
        try talk.source.blob(layer, from: 0) { piece in
            if taken == 0 { Clock.sleep(milliseconds: 2500) }
            taken += Int64(piece.count)
        }
        #expect(taken == layer.size)
    }

    @Test func manyBlobsAtOnce() throws {
        let talk = try talk("good/many")
        let layer = try talk.layer()
        let results = Monitor<[Bool]>([])
        for _ in 0..<16 {
            try Threads.start("blob") {
                let isWell = (try? Digest.of(talk.bytes(layer))) == layer.digest
                results.with { $0.append(isWell) }
                results.wakeAll()
            }
        }
        let all: [Bool]? = results.wait(milliseconds: 60_000) { $0.count == 16 ? $0 : nil }
        #expect(all == Array(repeating: true, count: 16))
    }

    @Test func aRegistryThatIsNotThere() throws {
        let gone = try FaultServer()
        gone.stop()
        let error = refusal { _ = try Talk(gone.address, "good/a:1").manifest() }
        #expect(error.code == .unavailable)
        #expect(error.message.contains("cannot connect to '\(gone.address)'"), "\(error)")
        var options = Talk.options
        options.connectTimeout = 1
        let mute = refusal { _ = try Talk(server.mute, "good/a:1", options: options).manifest() }
        #expect(mute.code == .unavailable)
        #expect(mute.message.contains("cannot connect to '\(server.mute)' in time"), "\(mute)")
        let unknown = refusal { _ = try Talk("registry.invalid", "good/a:1").manifest() }
        #expect(unknown.code == .unavailable)
        #expect(unknown.message.contains("cannot connect to 'registry.invalid'"), "\(unknown)")
    }
}
