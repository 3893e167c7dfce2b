import GantryClient
import GantryModel
import GantryRPC
import GantrySystem
import GantryWire
import Testing

@Suite(.serialized) struct BulkTests {
    @Test func upload() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let client = try fixture.client()
        let bytes = [UInt8](repeating: 3, count: 3_000_000)
        let verdict = try client.bulk("test.upload") { try UnixSocket.send($0, bytes) }
        #expect(verdict == ["count": 3_000_000, "sum": 9_000_000])
        #expect(try client.bulk("test.upload", ["namespace": "other"]) { _ in }["count"] == 0)
    }

    @Test func download() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let client = try fixture.client()
        var count = 0
        let verdict = try client.bulk("test.download", ["count": 1_000_003]) { fd in
            var buffer = [UInt8](repeating: 0, count: 100_000)
            while true {
                let got = try buffer.withUnsafeMutableBytes { try UnixSocket.receive(fd, into: $0) }
                if got == 0 { return }
                #expect(buffer[0..<got].allSatisfy { $0 == 7 })
                count += got
            }
        }
        #expect(count == 1_000_003)
        #expect(verdict["count"] == 1_000_003)
    }

    @Test func theVerdictCountsMoreThanABrokenPipe() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let client = try fixture.client()
        #expect {
            try client.bulk("test.upload") { fd in
                let bad = [UInt8](repeating: 0xEE, count: 1 << 20)
                for _ in 0..<100 { try UnixSocket.send(fd, bad) }
            }
        } throws: { ($0 as? GantryError)?.code == .dataLoss }
        #expect(try client.call("test.bytes") == ["a": 1])
    }

    @Test func anErrorOfTheBodyCancels() throws {
        struct Lost: Error {}
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let client = try fixture.client()
        #expect(throws: Lost.self) { try client.bulk("test.upload") { _ in throw Lost() } }
        #expect(fixture.seen.waitFor("upload ended"))
        #expect(try client.call("test.bytes") == ["a": 1])
    }

    /// Starts an upload and answers its token.
    private func offer(_ peer: RawPeer, id: JSON = 1, _ params: JSON = [:]) throws -> JSON {
        try peer.request(id, "test.upload", params)
        let message = try #require(try peer.receive())
        return try #require(message["params"]?["item"]?["token"])
    }

    private func open(_ path: String, _ params: JSON) throws -> JSON? {
        let peer = try RawPeer(path)
        try peer.request(1, "stream.open", params)
        let answer = try peer.receive()
        if answer?["error"] != nil { #expect(try peer.receive() == nil, "a refused connection is closed") }
        return answer
    }

    @Test func tokensWorkOnceForTheirNamespaceOnly() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        let token = try offer(peer, ["namespace": "n"])
        #expect(token.string?.utf8.count == 32)
        #expect(
            try open(fixture.path, ["token": "00000000000000000000000000000000"])?["error"]?["data"]?["code"]
                == "not_found")
        #expect(try open(fixture.path, ["token": token])?["error"]?["data"]?["code"] == "not_found", "wrong namespace")
        #expect(try open(fixture.path, [:])?["error"]?["data"]?["field"] == "token")
        #expect(try open(fixture.path, ["token": token, "namespace": "n"])?["result"] != nil)
        #expect(try peer.receive()?["result"]?["count"] == 0)
        #expect(
            try open(fixture.path, ["token": token, "namespace": "n"])?["error"]?["data"]?["code"] == "not_found",
            "used")
    }

    @Test func tokensExpire() throws {
        let fixture = try Fixture({ $0.tokenMilliseconds = 100 })
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        let token = try offer(peer)
        #expect(try peer.receive()?["error"]?["data"]?["code"] == "deadline_exceeded")
        #expect(try open(fixture.path, ["token": token])?["error"]?["data"]?["code"] == "not_found")
    }

    @Test func cancelWhileNobodyComes() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        let token = try offer(peer)
        try peer.send(frame: #"{"jsonrpc":"2.0","method":"$/cancel","params":{"id":1}}"#)
        #expect(try peer.receive()?["error"]?["data"]?["code"] == "cancelled")
        #expect(try open(fixture.path, ["token": token])?["error"]?["data"]?["code"] == "not_found")
    }

    @Test func bytesSentEarlyAreNotLost() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        let peer = try RawPeer(fixture.path)
        try peer.hello()
        let token = try offer(peer)
        let data = try RawPeer(fixture.path)
        let request = Envelope.request(id: .int(1), method: "stream.open", params: ["token": token])
        try data.send(request.frame() + [1, 2, 3])
        UnixSocket.shutDown(data.socket.raw, .writing)
        #expect(try peer.receive()?["result"] == ["count": 3, "sum": 6])
    }

    @Test func disconnectOfTheCallEndsTheBytes() throws {
        let fixture = try Fixture()
        defer { #expect(fixture.close()) }
        var data: RawPeer
        do {
            let peer = try RawPeer(fixture.path)
            try peer.hello()
            let token = try offer(peer)
            data = try RawPeer(fixture.path)
            try data.request(1, "stream.open", ["token": token])
            _ = try data.receive()
        }
        #expect(fixture.seen.waitFor("upload ended"))
        #expect(try data.receive() == nil)
    }
}
