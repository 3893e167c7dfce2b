import GantryClient
import GantryHost
import GantryModel
import GantryRPC
import GantrySystem
import GantryWire
import Synchronization

/// A server on a socket of its own, and what its methods saw.
final class Fixture: Sendable {
    let path: String
    let readOnlyPath: String
    let server: Server
    let pool: BlockingPool
    let seen = Seen()

    init(_ adjust: (inout Server.Options) -> Void = { _ in }, threads: Int = 4, queue: Int = 64) throws {
        let name = File.random(6).map { String($0, radix: 36) }.joined()
        path = "/tmp/gantry-rpc-\(name).sock"
        readOnlyPath = "/tmp/gantry-rpc-\(name)-ro.sock"
        pool = BlockingPool("test", threads: threads, queue: queue)
        var options = Server.Options(name: "fixture", version: "1.2.3")
        adjust(&options)
        server = try Server(Self.methods(seen), options: options, pool: pool)
        try server.listen(Listener(path: path))
        try server.listen(Listener(path: readOnlyPath), readOnly: true)
    }

    /// Ends everything; true when nothing had to be abandoned.
    @discardableResult
    func close(milliseconds: Int64 = 5000) -> Bool {
        let ended = server.shutDown(milliseconds: milliseconds)
        pool.close(milliseconds: 5000)
        return ended
    }

    func client() throws -> Client { try Client(path: path) }

    /// What happened, counted by name.
    final class Seen: Sendable {
        private let counts = Monitor<[String: Int]>([:])

        func note(_ what: String) {
            counts.with { $0[what, default: 0] += 1 }
            counts.wakeAll()
        }
        subscript(_ what: String) -> Int { counts.with { $0[what, default: 0] } }
        /// Waits until `what` happened `times` times; false after ten seconds.
        func waitFor(_ what: String, times: Int = 1) -> Bool {
            counts.wait(milliseconds: 10_000) { $0[what, default: 0] >= times ? true : nil } ?? false
        }
    }

    private static func methods(_ seen: Seen) -> [Method] {
        [
            Method(
                "test.echo", "Answers its parameters.",
                params: [
                    Field("text", .string, required: true, "A text."), Field("count", .count, "A count."),
                    Field("labels", .map(.string), "Labels."), Field("list", .array(.integer), "Integers."),
                    Field("mode", .oneOf(["a", "b"]), "A choice."), Field("flag", .boolean, "A flag."),
                ], result: "The parameters.", errors: [.notFound], access: .read, mode: .inline
            ) { call in
                [
                    "text": .string(try call.string("text")), "namespace": .string(call.namespace),
                    "uid": .int(Int64(call.peer.uid)), "readOnly": .bool(call.readOnly),
                    "lease": call.lease.map { .string($0) } ?? nil,
                ]
            },
            Method(
                "test.bytes", "Answers ready text.", result: "Text.",
                bytes: { _, bytes in bytes.append(static: #"{"a":1}"#) }),
            Method("test.pooled", "Runs on the pool.", access: .read) { _ in "pooled" },
            Method("test.fail", "Fails.", params: [Field("how", .string, required: true, "How.")], mode: .inline) {
                call in
                if call["how"] == "foreign" { throw Errno.io }
                throw GantryError(.failedPrecondition, "fail 'x': asked to", cause: "because")
            },
            Method(
                "test.change", "Changes something, slowly.", params: [Field("ms", .count, required: true, "How long.")]
            ) { call in
                seen.note("change began")
                Clock.sleep(milliseconds: call["ms"]?.int ?? 0)
                seen.note(call.isCancelled ? "change cancelled" : "change done")
                return "changed"
            },
            Method("test.wait", "Waits until cancelled.", access: .read, mode: .wait) { call in
                let woken = Monitor(false)
                call.onCancel {
                    woken.with { $0 = true }
                    woken.wakeAll()
                }
                seen.note("wait began")
                _ = woken.wait { $0 ? true : nil }
                seen.note("wait ended")
                try call.checkCancelled()
                return nil
            },
            Method(
                "test.count", "Streams numbers.",
                params: [Field("to", .count, required: true, "How many."), Field("size", .count, "Bytes each.")],
                item: "A number.", access: .read, mode: .stream
            ) { call in
                defer { seen.note("stream ended") }
                let filler = String(repeating: "x", count: Int(call["size"]?.int ?? 0))
                for number in 0..<(call["to"]?.int ?? 0) {
                    try call.send(item: filler.isEmpty ? .int(number) : ["n": .int(number), "filler": .string(filler)])
                    seen.note("item")
                }
                return "done"
            },
            Method("test.upload", "Takes bytes.", result: "Their count and sum.", mode: .bulk) { call in
                defer { seen.note("upload ended") }
                let bulk = try call.openBulk()
                var count: Int64 = 0
                var sum: Int64 = 0
                var buffer = [UInt8](repeating: 0, count: 65536)
                while true {
                    let got = try buffer.withUnsafeMutableBytes { try bulk.read(into: $0) }
                    if got == 0 { break }
                    count += Int64(got)
                    for byte in buffer[0..<got] { sum += Int64(byte) }
                    if sum > 0, buffer[0] == 0xEE { throw GantryError(.dataLoss, "upload: a bad byte") }
                }
                try call.checkCancelled()
                return ["count": .int(count), "sum": .int(sum)]
            },
            Method(
                "test.download", "Gives bytes.", params: [Field("count", .count, required: true, "How many.")],
                access: .guarded, mode: .bulk
            ) { call in
                let bulk = try call.openBulk()
                var left = call["count"]?.int ?? 0
                let chunk = [UInt8](repeating: 7, count: 1 << 16)
                while left > 0 {
                    let count = min(Int(left), chunk.count)
                    try bulk.write(Array(chunk[0..<count]))
                    left -= Int64(count)
                }
                return ["count": call["count"] ?? nil]
            },
            Method(
                "test.large", "Answers much.", params: [Field("bytes", .count, required: true, "How much.")],
                access: .read, mode: .inline
            ) { call in
                .string(String(repeating: "y", count: Int(call["bytes"]?.int ?? 0)))
            },
        ]
    }
}

/// A connection that sends what it is told, right or wrong, and reads frames.
final class RawPeer {
    let socket: OwnedDescriptor
    private var frames = FrameReader()

    init(_ path: String) throws {
        socket = try UnixSocket.connect(path)
        try UnixSocket.setReceiveTimeout(socket.raw, milliseconds: 20_000)
    }

    func send(_ bytes: [UInt8]) throws { try UnixSocket.send(socket.raw, bytes) }

    /// A frame around any text.
    func send(frame text: String) throws {
        var bytes: [UInt8] = []
        Frame.append(into: &bytes) { $0.append(contentsOf: text.utf8) }
        try send(bytes)
    }

    func request(_ id: JSON, _ method: String, _ params: JSON = [:]) throws {
        try send(frame: (["jsonrpc": "2.0", "id": id, "method": .string(method), "params": params] as JSON).text)
    }

    func hello() throws {
        try request(0, "rpc.hello", ["protocol": 1])
        _ = try receive()
    }

    /// The next message; nil at the end of the connection.
    func receive() throws -> JSON? {
        while true {
            if let object = try frames.nextObject() { return .object(object) }
            let fd = socket.raw
            let count: Int
            do throws(Errno) {
                count = try frames.fill { room throws(Errno) in try UnixSocket.receive(fd, into: room) }
            } catch {
                guard error == .connectionReset else { throw error }
                return nil
            }
            if count == 0 { return nil }
        }
    }
}

/// How many descriptors and threads this process has.
func resources() -> (descriptors: Int, threads: Int) {
    func count(_ path: String) -> Int { (try? Directory.list(path).count) ?? 0 }
    return (count("/proc/self/fd"), count("/proc/self/task"))
}

/// Asks again until `condition` holds; false after ten seconds.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<1000 {
        if condition() { return true }
        Clock.sleep(milliseconds: 10)
    }
    return condition()
}
