import GantryClient
import GantryModel
import GantryRPC
import GantrySystem
import GantryWire
import Testing

/// What a hostile or clumsy client can do; each test counts threads and descriptors where something could leak.
@Suite(.serialized) struct FaultTests {
    @Test(
        arguments: [
            ([0, 0, 0, 0], -32600), ([0x01, 0, 0, 1], -32600), ([0xFF, 0xFF, 0xFF, 0xFF], -32600),
            ([0, 0, 0, 2, 0x7B, 0x7B], -32700), ([0, 0, 0, 3, 0x22, 0xFF, 0x22], -32700), ([0, 0, 0, 1, 0xC3], -32700),
            ([0, 0, 0, 2, 0x5B, 0x5D], -32600), ([0, 0, 0, 1, 0x31], -32600), ([0, 0, 0, 2, 0x7B, 0x7D], -32600),
        ] as [([UInt8], Int64)])
    func badFramesAreAnsweredThenClosed(bytes: [UInt8], number: Int64) throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        for greeted in [false, true] {
            let peer = try RawPeer(fixture.path)
            if greeted { try peer.hello() }
            try peer.send(bytes)
            let answer = try #require(try peer.receive())
            #expect(answer["id"] == .some(.null))
            #expect(answer["error"]?["code"]?.int == number)
            #expect(answer["error"]?["data"]?["code"] == "invalid_argument")
            #expect(try peer.receive() == nil)
        }
    }

    @Test func batchesAreRefused() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        try peer.send(frame: #"[{"jsonrpc":"2.0","id":1,"method":"test.bytes","params":{}}]"#)
        #expect(try peer.receive()?["error"]?["code"] == -32600)
        #expect(try peer.receive() == nil)
    }

    @Test func helloComesFirstAndOnce() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let early = try RawPeer(fixture.path)
        try early.request(1, "test.bytes")
        #expect(try early.receive()?["error"]?["data"]?["code"] == "failed_precondition")
        #expect(try early.receive() == nil)
        let foreign = try RawPeer(fixture.path)
        try foreign.request(1, "rpc.hello", ["protocol": 99])
        #expect(try foreign.receive()?["error"]?["data"]?["code"] == "failed_precondition")
        #expect(try foreign.receive() == nil)
        let twice = try RawPeer(fixture.path)
        try twice.request(1, "rpc.hello", ["protocol": 1, "features": ["later"], "unknown": true])
        #expect(try twice.receive()?["result"]?["protocol"] == 1)
        try twice.request(2, "rpc.hello", ["protocol": 1])
        #expect(try twice.receive()?["error"]?["data"]?["code"] == "failed_precondition")
        try twice.request(3, "test.bytes")
        #expect(try twice.receive()?["result"]?["a"] == 1)
    }

    @Test func halfAFrameHoldsNobodyUp() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let half = try RawPeer(fixture.path)
        try half.send([0, 0, 1])
        let started = try RawPeer(fixture.path)
        try started.send([0, 0, 1, 0, 0x7B])
        #expect(try fixture.client().call("test.bytes") == ["a": 1])
        #expect(fixture.server.connectionCount >= 2)
    }

    @Test func bytesOneByOne() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        let hello = Envelope.request(id: .int(1), method: "rpc.hello", params: ["protocol": 1]).frame()
        for byte in hello + Envelope.request(id: .int(2), method: "test.bytes", params: [:]).frame() {
            try peer.send([byte])
        }
        #expect(try peer.receive()?["id"] == 1)
        #expect(try peer.receive()?["result"]?["a"] == 1)
    }

    @Test func disconnectEndsReadsAndWaitsButNoChange() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        do {
            let peer = try RawPeer(fixture.path)
            try peer.hello()
            try peer.request(1, "test.wait")
            try peer.request(2, "test.change", ["ms": 200])
            try peer.request(3, "test.count", ["to": 1_000_000])
            #expect(fixture.seen.waitFor("wait began"))
            #expect(fixture.seen.waitFor("change began"))
            #expect(fixture.seen.waitFor("item", times: 64))
        }
        #expect(fixture.seen.waitFor("wait ended"))
        #expect(fixture.seen.waitFor("stream ended"))
        #expect(fixture.seen.waitFor("change done"))
        #expect(fixture.seen["change cancelled"] == 0)
        #expect(eventually { fixture.server.connectionCount == 0 })
    }

    @Test func nothingLeaksWhenClientsLeaveInMidStream() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        func leave() throws {
            let peer = try RawPeer(fixture.path)
            try peer.hello()
            try peer.request(1, "test.count", ["to": 1_000_000, "size": 1000])
            _ = try peer.receive()
            try peer.request(2, "test.upload")
            while let message = try peer.receive(), message["params"]?["id"] != 2 {}
        }
        try leave()
        #expect(eventually { fixture.server.connectionCount == 0 && fixture.seen["upload ended"] == 1 })
        let before = resources()
        for _ in 0..<50 { try leave() }
        #expect(fixture.seen.waitFor("stream ended", times: 51))
        #expect(fixture.seen.waitFor("upload ended", times: 51))
        #expect(eventually { fixture.server.connectionCount == 0 })
        #expect(eventually { resources().descriptors <= before.descriptors + 2 })
        // Idle threads of the pools stay for a while: a few, not one a client.
        #expect(eventually { resources().threads <= before.threads + 12 })
    }

    @Test func aClientThatStopsReadingHurtsOnlyItself() throws {
        let fixture = try Fixture({ $0.queueBytes = 1 << 20 })
        defer { #expect(fixture.close()) }
        let stalled = try RawPeer(fixture.path)
        try stalled.request(0, "rpc.hello", ["protocol": 1])
        // Each asks for 1 MB and takes nothing; the server must stop reading instead of piling up answers.
        try UnixSocket.setSendTimeout(stalled.socket.raw, milliseconds: 500)
        let padding = String(repeating: " ", count: 10_000)
        var sent = 0
        do {
            while sent < 1000 {
                try stalled.send(
                    frame:
                        #"{"jsonrpc":"2.0","id":\#(sent),"method":"test.large",\#(padding)"params":{"bytes":1000000}}"#)
                sent += 1
            }
        } catch is Errno {}
        #expect(sent < 1000, "the server stopped reading")
        let start = Clock.monotonic
        let client = try fixture.client()
        for _ in 0..<100 { _ = try client.call("test.bytes") }
        #expect(try client.call("test.pooled") == "pooled")
        #expect(Clock.monotonic - start < 5_000_000_000)
    }

    @Test func aStalledClientThatReadsAgainGetsEverything() throws {
        let fixture = try Fixture({ $0.queueBytes = 1 << 20 })
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        for id in 1...40 { try peer.request(.int(Int64(id)), "test.large", ["bytes": 300_000]) }
        Clock.sleep(milliseconds: 200)
        for id in 1...40 {
            let answer = try peer.receive()
            #expect(answer?["id"]?.int == Int64(id))
            #expect(answer?["result"]?.string?.utf8.count == 300_000)
        }
    }

    @Test func aThousandConnectionsAtOnce() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        var clients: [Client] = []
        for _ in 0..<1000 { clients.append(try fixture.client()) }
        for client in clients { #expect(try client.call("test.bytes") == ["a": 1]) }
        #expect(fixture.server.connectionCount == 1000)
        for client in clients.reversed() { #expect(try client.call("test.bytes") == ["a": 1]) }
        clients.removeAll()
        #expect(eventually { fixture.server.connectionCount == 0 })
        #expect(try fixture.client().call("test.pooled") == "pooled")
    }

    @Test func oneConnectionTooMany() throws {
        let fixture = try Fixture({ $0.maximumConnections = 2 })
        defer { #expect(fixture.close()) }
        let first = try fixture.client()
        let second = try fixture.client()
        _ = try first.call("test.bytes")
        _ = try second.call("test.bytes")
        let third = try RawPeer(fixture.path)
        #expect(try third.receive()?["error"]?["data"]?["code"] == "resource_exhausted")
        #expect(try third.receive() == nil)
    }

    @Test func deepNestingDoesNotEndTheDaemon() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        // The deepest that is allowed passes the reader's 256 kB stack, one more is an error.
        let deep = String(repeating: "[", count: 126) + String(repeating: "]", count: 126)
        try peer.send(frame: #"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":{"text":\#(deep)}}"#)
        #expect(try peer.receive()?["error"]?["data"]?["field"] == "text")
        try peer.send(frame: #"{"jsonrpc":"2.0","id":2,"method":"test.echo","params":{"text":[\#(deep)]}}"#)
        #expect(try peer.receive()?["error"]?["code"] == -32700)
    }
}
