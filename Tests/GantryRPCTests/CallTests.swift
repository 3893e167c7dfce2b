import GantryClient
import GantryModel
import GantryRPC
import GantrySystem
import GantryWire
import Testing

@Suite struct CallTests {
    private func refusal(_ body: () throws -> Void) -> GantryError? {
        do { try body() } catch { return error as? GantryError }
        return nil
    }

    @Test func answersInlineAndPooled() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let client = try fixture.client()
        let echo = try client.call("test.echo", ["text": "hi", "namespace": "n", "lease": "l"])
        #expect(echo["text"] == "hi" && echo["namespace"] == "n" && echo["lease"] == "l")
        #expect(echo["readOnly"] == false)
        #expect(try client.call("test.echo", ["text": ""])["namespace"] == "default")
        #expect(try client.call("test.bytes") == ["a": 1])
        #expect(try client.call("test.pooled") == "pooled")
        #expect(try client.hello()["server"] == "fixture")
    }

    @Test func namesTheFieldAtFault() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        let cases: [(JSON, String)] = [
            (["text": "x", "seccomp": 1], "seccomp"), ([:], "text"), (["text": nil], "text"), (["text": 5], "text"),
            (["text": "x", "count": -1], "count"), (["text": "x", "count": 1.5], "count"),
            (["text": "x", "labels": ["a": 1]], "labels.a"), (["text": "x", "list": [1, "2"]], "list[1]"),
            (["text": "x", "mode": "c"], "mode"), (["text": "x", "flag": "true"], "flag"),
            (["text": "x", "namespace": ""], "namespace"), (["text": "x", "deadlineMs": 0], "deadlineMs"),
            (["text": "x", "deadlineMs": "5"], "deadlineMs"), (["text": "x", "lease": 5], "lease"),
        ]
        for (params, field) in cases {
            try peer.request(1, "test.echo", params)
            let answer = try #require(try peer.receive())
            let error = answer["error"]
            #expect(error?["code"] == -32602)
            #expect(error?["data"]?["code"] == "invalid_argument")
            #expect(error?["data"]?["field"]?.string == field)
            #expect(error?["message"]?.string?.contains(field) == true)
        }
        // Null is absent, and what fits passes.
        try peer.request(2, "test.echo", ["text": "x", "count": nil, "lease": nil, "labels": ["a": "b"], "mode": "a"])
        #expect(try peer.receive()?["result"]?["text"] == "x")
    }

    @Test func unknownMethods() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        try peer.request("q", "no.such")
        let error = try peer.receive()
        #expect(error?["id"] == "q")
        #expect(error?["error"]?["code"] == -32601)
        #expect(error?["error"]?["data"]?["code"] == "unimplemented")
    }

    @Test func errorsCarryCodeAndCause() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let client = try fixture.client()
        let known = refusal { _ = try client.call("test.fail", ["how": "known"]) }
        #expect(known == GantryError(.failedPrecondition, "fail 'x': asked to", cause: "because"))
        #expect(refusal { _ = try client.call("test.fail", ["how": "foreign"]) }?.code == .internal)
        #expect(try client.call("test.bytes") == ["a": 1], "the connection goes on after errors")
    }

    @Test func requestsRunConcurrentlyAndOutOfOrder() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        try peer.request(1, "test.change", ["ms": 300])
        try peer.request(2, "test.bytes")
        #expect(try peer.receive()?["id"] == 2)
        #expect(try peer.receive()?["id"] == 1)
    }

    @Test func anIdInFlightIsRefused() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        try peer.request(1, "test.change", ["ms": 200])
        try peer.request(1, "test.pooled")
        #expect(try peer.receive()?["error"]?["code"] == -32600)
        #expect(try peer.receive()?["result"] == "changed")
    }

    @Test func atMostSoManyInFlight() throws {
        let fixture = try Fixture({ $0.maximumInFlight = 3 })
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        for id in 1...4 { try peer.request(.int(Int64(id)), "test.wait") }
        let refused = try peer.receive()
        #expect(refused?["id"] == 4)
        #expect(refused?["error"]?["data"]?["code"] == "resource_exhausted")
        try peer.send(frame: #"{"jsonrpc":"2.0","method":"$/cancel","params":{"id":2}}"#)
        #expect(try peer.receive()?["id"] == 2)
        try peer.request(5, "test.pooled")
        #expect(try peer.receive()?["result"] == "pooled", "a place came free")
    }

    @Test func aFullPoolSaysSo() throws {
        let fixture = try Fixture(threads: 1, queue: 1)
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        try peer.request(1, "test.change", ["ms": 300])
        #expect(fixture.seen.waitFor("change began"))
        try peer.request(2, "test.pooled")
        try peer.request(3, "test.pooled")
        let refused = try peer.receive()
        #expect(refused?["id"] == 3)
        #expect(refused?["error"]?["data"]?["code"] == "resource_exhausted")
        #expect(try peer.receive()?["id"] == 1)
        #expect(try peer.receive()?["id"] == 2)
    }

    @Test func deadlines() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let client = try fixture.client()
        let start = Clock.monotonic
        #expect(refusal { _ = try client.call("test.wait", ["deadlineMs": 50]) }?.code == .deadlineExceeded)
        // A change is answered in time as well, and still runs to its end.
        #expect(
            refusal { _ = try client.call("test.change", ["ms": 700, "deadlineMs": 50]) }?.code == .deadlineExceeded)
        #expect(Clock.monotonic - start < 600_000_000)
        #expect(fixture.seen.waitFor("wait ended"))
        #expect(fixture.seen.waitFor("change cancelled"))
    }

    @Test func cancel() throws {
        let fixture = try Fixture(threads: 1)
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        try peer.request(1, "test.wait")
        #expect(fixture.seen.waitFor("wait began"))
        // One that is queued never runs.
        try peer.request(2, "test.change", ["ms": 200])
        #expect(fixture.seen.waitFor("change began"))
        try peer.request(3, "test.change", ["ms": 0])
        try peer.send(frame: #"{"jsonrpc":"2.0","method":"$/cancel","params":{"id":3}}"#)
        try peer.send(frame: #"{"jsonrpc":"2.0","method":"$/cancel","params":{"id":1}}"#)
        try peer.send(frame: #"{"jsonrpc":"2.0","method":"$/cancel","params":{"id":77}}"#)
        var codes: [Int64: String] = [:]
        for _ in 0..<3 {
            guard let answer = try peer.receive() else { break }
            codes[answer["id"]?.int ?? -1] = answer["error"]?["data"]?["code"]?.string ?? "answered"
        }
        #expect(codes == [1: "cancelled", 2: "answered", 3: "cancelled"])
        #expect(fixture.seen["change began"] == 1)
    }

    @Test func discoverShowsWhatIsServed() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let document = try fixture.client().call("rpc.discover")
        let methods = document["methods"]?.array ?? []
        let names = methods.compactMap { $0["name"]?.string }
        #expect(names == names.sorted())
        #expect(names.contains("test.echo") && names.contains("rpc.discover"))
        let echo = methods.first { $0["name"] == "test.echo" }
        let text = echo?["params"]?.array?.first
        #expect(text?["name"] == "text" && text?["required"] == true && text?["schema"]?["type"] == "string")
        #expect(echo?["x-gantry-access"] == "read")
    }

    @Test func theReadOnlySocketServesReadsOnly() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let client = try Client(path: fixture.readOnlyPath)
        #expect(try client.call("test.echo", ["text": "x"])["readOnly"] == true)
        #expect(try client.hello()["readOnly"] == true)
        #expect(refusal { _ = try client.call("test.change", ["ms": 0]) }?.code == .permissionDenied)
        #expect(refusal { _ = try client.call("test.download", ["count": 0]) }?.code == .permissionDenied)
        #expect(fixture.seen["change began"] == 0)
    }

    @Test func aResultLargerThanAFrameIsAnError() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let client = try fixture.client()
        #expect(refusal { _ = try client.call("test.large", ["bytes": 17_825_792]) }?.code == .resourceExhausted)
        #expect(try client.call("test.large", ["bytes": 15_728_640]).string?.utf8.count == 15 << 20)
    }
}
