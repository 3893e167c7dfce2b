import GantryClient
import GantryModel
import GantryRPC
import GantrySystem
import GantryWire
import Testing

@Suite(.serialized) struct StreamTests {
    @Test func itemsInOrderThenTheResult() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let client = try fixture.client()
        var numbers: [Int64] = []
        let result = try client.stream("test.count", ["to": 5000]) { numbers.append($0.int ?? -1) }
        #expect(result == "done")
        #expect(numbers == Array(0..<5000))
    }

    @Test func creditStartsAtSixtyFourItems() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        try peer.request(1, "test.count", ["to": 100])
        for number in 0..<64 { #expect(try peer.receive()?["params"]?["item"]?.int == Int64(number)) }
        Clock.sleep(milliseconds: 100)
        #expect(fixture.seen["item"] == 64)
        try peer.send(frame: #"{"jsonrpc":"2.0","method":"$/grant","params":{"id":1,"items":2,"bytes":0}}"#)
        #expect(try peer.receive()?["params"]?["item"] == 64)
        #expect(try peer.receive()?["params"]?["item"] == 65)
        Clock.sleep(milliseconds: 100)
        #expect(fixture.seen["item"] == 66)
        try peer.send(frame: #"{"jsonrpc":"2.0","method":"$/grant","params":{"id":1,"items":1000}}"#)
        for number in 66..<100 { #expect(try peer.receive()?["params"]?["item"]?.int == Int64(number)) }
        #expect(try peer.receive()?["result"] == "done")
    }

    @Test func creditCountsBytes() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        try peer.request(1, "test.count", ["to": 10, "size": 400_000])
        for _ in 0..<3 { _ = try peer.receive() }
        Clock.sleep(milliseconds: 100)
        #expect(fixture.seen["item"] == 3, "three items use up 1 MiB")
        try peer.send(frame: #"{"jsonrpc":"2.0","method":"$/grant","params":{"id":1,"items":0,"bytes":10000000}}"#)
        for _ in 0..<7 { #expect(try peer.receive()?["params"]?["id"] == 1) }
        #expect(try peer.receive()?["result"] == "done")
    }

    @Test func cancelEndsAStreamThatWaitsForCredit() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        try peer.request(1, "test.count", ["to": 1000])
        for _ in 0..<64 { _ = try peer.receive() }
        try peer.send(frame: #"{"jsonrpc":"2.0","method":"$/cancel","params":{"id":1}}"#)
        #expect(try peer.receive()?["error"]?["data"]?["code"] == "cancelled")
    }

    @Test func aThrowingReaderCancels() throws {
        struct Enough: Error {}
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let client = try fixture.client()
        var count = 0
        #expect(throws: Enough.self) {
            try client.stream("test.count", ["to": 1_000_000]) { _ in
                count += 1
                if count == 10 { throw Enough() }
            }
        }
        #expect(fixture.seen.waitFor("stream ended"))
        #expect(try client.call("test.bytes") == ["a": 1])
    }

    @Test func callsInsideAStream() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let client = try fixture.client()
        var count = 0
        try client.stream("test.count", ["to": 200]) { _ in
            if try client.call("test.bytes") == ["a": 1] { count += 1 }
        }
        #expect(count == 200)
    }

    @Test func aStalledStreamBlocksNoOther() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        try peer.request(1, "test.count", ["to": 1000])
        for _ in 0..<64 { _ = try peer.receive() }
        try peer.request(2, "test.bytes")
        #expect(try peer.receive()?["id"] == 2)
    }

    @Test func shutDownEndsStreamsAndWaitsForChanges() throws {
        let fixture = try Fixture()
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        try peer.request(1, "test.wait")
        try peer.request(2, "test.change", ["ms": 300])
        #expect(fixture.seen.waitFor("wait began"))
        #expect(fixture.seen.waitFor("change began"))
        #expect(fixture.close())
        #expect(try peer.receive()?["error"]?["data"]?["code"] == "unavailable")
        #expect(try peer.receive()?["result"] == "changed")
        #expect(try peer.receive() == nil)
        #expect(throws: GantryError.self) { try Client(path: fixture.path) }
    }
}
