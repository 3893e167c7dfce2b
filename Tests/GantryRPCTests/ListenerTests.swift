import GantryClient
import GantryHost
import GantryModel
import GantryRPC
import GantrySystem
import GantryWire
import Testing

@Suite struct ListenerTests {
    private func name() -> String {
        "/tmp/gantry-listen-\(File.random(6).map { String($0, radix: 36) }.joined())"
    }

    @Test func modeAndStaleName() throws {
        let path = name()
        defer { try? Path.unlink(path) }
        do { _ = try Listener(path: path) }
        #expect(try FileStatus.of(path).kind == .socket, "nobody serves it now: stale")
        let listener = try Listener(path: path)
        #expect(try FileStatus.of(path).permissions == 0o660)
        #expect { _ = try Listener(path: path) } throws: { ($0 as? GantryError)?.code == .alreadyExists }
        _ = consume listener
    }

    @Test func refusesWhatIsNoSocketOrTooLong() throws {
        let path = name()
        defer { try? Path.unlink(path) }
        try File.replace(path, with: [1], sync: false)
        #expect { _ = try Listener(path: path) } throws: { ($0 as? GantryError)?.code == .alreadyExists }
        #expect(try FileStatus.of(path).kind == .regular)
        let long = "/tmp/" + String(repeating: "x", count: 110)
        #expect { _ = try Listener(path: long) } throws: { ($0 as? GantryError)?.code == .invalidArgument }
        #expect { _ = try Listener(path: "/nowhere/x.sock") } throws: { ($0 as? GantryError)?.code == .unavailable }
    }

    @Test func inheritedDescriptorsKeepTheirName() throws {
        let path = name()
        defer { try? Path.unlink(path) }
        let descriptor = try UnixSocket.listen(path, mode: 0o660).release()
        let pool = BlockingPool("test", threads: 1, queue: 1)
        let server = try Server([], options: .init(name: "x", version: "1"), pool: pool)
        try server.listen(Listener(inherited: descriptor))
        #expect(try Client(path: path).hello()["server"] == "x")
        #expect(server.shutDown(milliseconds: 1000))
        #expect(try FileStatus.of(path).kind == .socket)
    }

    @Test func clientErrors() {
        #expect { _ = try Client(path: "/nowhere/x.sock") } throws: { ($0 as? GantryError)?.code == .unavailable }
    }
}
