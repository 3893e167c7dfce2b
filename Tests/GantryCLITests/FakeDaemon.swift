import GantrySystem
import GantryWire

/// A daemon that answers from a closure, on a real socket: enough of the protocol to run the real `gantry` against.
final class FakeDaemon: Sendable {
    /// What the daemon does with a call.
    enum Answer: Sendable {
        case result(JSON)
        case items([JSON])
        /// Items and then this result.
        case stream([JSON], JSON)
        case error(ErrorCode, String, exitCode: Int64? = nil)
        /// An error with these details.
        case refusal(ErrorCode, String, JSON)
        /// Sends these bytes on a data connection.
        case bytes([UInt8])
        /// Takes what arrives on a data connection and answers it as a result.
        case take(@Sendable ([UInt8]) -> JSON)
        /// Closes the connection without a word.
        case hangUp
    }

    let path: String
    private let listener: SharedDescriptor
    private let answer: @Sendable (String, JSON) -> Answer
    private let log = Monitor<[(method: String, parameters: JSON)]>([])
    private let pending = Monitor<[String: SharedDescriptor]>([:])

    init(_ answer: @escaping @Sendable (String, JSON) -> Answer) throws {
        let name = File.random(6).reduce("") { $0 + String($1, radix: 16) }
        path = "/tmp/gantry-cli-\(name).sock"
        listener = SharedDescriptor(try UnixSocket.listen(path, mode: 0o600))
        self.answer = answer
        let (listener, path) = (listener, path)
        try Threads.start("fake-daemon") { [weak self] in
            defer { try? Path.unlink(path) }
            while let client = try? UnixSocket.accept(listener.raw) {
                guard let self else { return }
                let client = SharedDescriptor(client)
                try? Threads.start("fake-connection") { self.serve(client) }
            }
        }
    }

    /// Ends the listening; connections end with their clients.
    func stop() {
        UnixSocket.shutDown(listener.raw, .both)
        try? Path.unlink(path)
    }

    /// The calls so far, without `rpc.hello` and the word that a start is to be expected.
    var calls: [(method: String, parameters: JSON)] { log.with { $0.filter { $0.method != Self.warning } } }
    /// Whether a start was said to be expected, before all else.
    var wasForewarned: Bool { log.with { $0.first?.method == Self.warning } }
    private static let warning = "tasks.expect"

    private func serve(_ socket: SharedDescriptor) {
        var reader = FrameReader()
        let raw = socket.raw
        while true {
            while let object = try? reader.nextObject() {
                guard let id = object["id"], let method = object["method"]?.string else { continue }
                let parameters = object["params"] ?? [:]
                if method == "stream.open" {
                    reply(raw, id, [:])
                    let token = parameters["token"]?.string ?? ""
                    pending.with { $0[token] = socket }
                    pending.wakeAll()
                    return
                }
                if method == "rpc.hello" {
                    reply(raw, id, [:])
                    continue
                }
                log.with { $0.append((method, parameters)) }
                // As in the real one, a slow call does not keep the next one waiting.
                try? Threads.start("fake-call") { self.respond(socket.raw, id, self.answer(method, parameters)) }
            }
            let count = try? reader.fill { room throws(Errno) in try UnixSocket.receive(raw, into: room) }
            if count ?? 0 == 0 { return }
        }
    }

    private func respond(_ socket: Int32, _ id: JSON, _ answer: Answer) {
        switch answer {
        case .hangUp: UnixSocket.shutDown(socket, .both)
        case .result(let result): reply(socket, id, result)
        case .items(let items): stream(socket, id, items, [:])
        case .stream(let items, let result): stream(socket, id, items, result)
        case .refusal(let code, let message, let details):
            var body = ErrorBody(code, message).json.object!
            body["data"] = ["code": .string(code.rawValue), "details": details]
            send(socket, ["id": id, "error": .object(body)])
        case .error(let code, let message, let exitCode):
            var body = ErrorBody(code, message).json.object!
            if let exitCode {
                body["data"] = ["code": .string(code.rawValue), "details": ["exitCode": .int(exitCode)]]
            }
            send(socket, ["id": id, "error": .object(body)])
        case .bytes(let bytes):
            let data = dataConnection(socket, id)
            try? UnixSocket.send(data.raw, bytes)
            UnixSocket.shutDown(data.raw, .writing)
            reply(socket, id, [:])
        case .take(let body):
            let data = dataConnection(socket, id)
            let bytes = (try? File.readAll(data.raw)) ?? []
            reply(socket, id, body(bytes))
        }
    }

    private func stream(_ socket: Int32, _ id: JSON, _ items: [JSON], _ result: JSON) {
        for item in items { send(socket, ["method": "$/item", "params": ["id": id, "item": item]]) }
        reply(socket, id, result)
    }

    private func dataConnection(_ socket: Int32, _ id: JSON) -> SharedDescriptor {
        let token = "token-\(id.text)-\(socket)"
        send(socket, ["method": "$/item", "params": ["id": id, "item": ["token": .string(token)]]])
        return pending.wait(milliseconds: 5000) { $0.removeValue(forKey: token) }
            ?? SharedDescriptor(OwnedDescriptor(-1))
    }

    private func reply(_ socket: Int32, _ id: JSON, _ result: JSON) { send(socket, ["id": id, "result": result]) }

    private func send(_ socket: Int32, _ message: JSONObject) {
        var message = message
        message["jsonrpc"] = "2.0"
        try? UnixSocket.send(socket, Frame.encode(.object(message)))
    }
}
