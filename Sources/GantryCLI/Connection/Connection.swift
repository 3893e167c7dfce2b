import GantrySystem
import GantryWire

/// A connection to the daemon's socket: frames out, messages in.
final class Connection {
    /// What the daemon said.
    enum Message {
        case answer(Int64, Result<JSON, Refusal>)
        case item(Int64, JSON)
        case token(Int64, String)
        case other
    }

    private let socket: OwnedDescriptor
    private var reader = FrameReader()
    private var lastID: Int64 = 0

    /// Connects. Nothing is sent yet.
    init(_ path: String) throws(Errno) { socket = try UnixSocket.connect(path) }

    var raw: Int32 { socket.raw }

    /// Sends a request and gives its id.
    func send(_ method: String, _ parameters: JSONObject) throws(Refusal) -> Int64 {
        lastID += 1
        try write(Envelope.request(id: .int(lastID), method: method, params: parameters))
        return lastID
    }

    /// Lets the daemon send one more item of a stream.
    func grant(_ id: Int64) throws(Refusal) {
        try write(.notification(method: "$/grant", params: ["id": .int(id), "items": 1, "bytes": 16384]))
    }

    /// Waits for the next message.
    func receive() throws(Refusal) -> Message {
        while true {
            do {
                if let object = try reader.nextObject() { return Self.message(object) }
            } catch {
                throw Refusal(code: .unavailable, message: "read the daemon's answer: \(error)")
            }
            let raw = socket.raw
            do throws(Errno) {
                let count = try reader.fill { room throws(Errno) in try UnixSocket.receive(raw, into: room) }
                if count > 0 { continue }
            } catch {
                throw Refusal(code: .unavailable, message: "read the daemon's answer: \(error)")
            }
            throw Refusal(code: .unavailable, message: "read the daemon's answer: it closed the connection")
        }
    }

    private func write(_ envelope: Envelope) throws(Refusal) {
        do throws(Errno) {
            try UnixSocket.send(socket.raw, envelope.frame())
        } catch {
            throw Refusal(code: .unavailable, message: "send to the daemon: \(error)")
        }
    }

    private static func message(_ object: JSONObject) -> Message {
        if let id = object["id"]?.int {
            if let error = object["error"] { return .answer(id, .failure(refusal(error))) }
            return .answer(id, .success(object["result"] ?? .null))
        }
        guard let parameters = object["params"], let id = parameters["id"]?.int else { return .other }
        switch object["method"]?.string {
        case "$/item":
            let item = parameters["item"] ?? .null
            if let token = item["token"]?.string { return .token(id, token) }
            return .item(id, item)
        default: return .other
        }
    }

    private static func refusal(_ error: JSON) -> Refusal {
        let body = ErrorBody(error)
        let message = body.cause.map { "\(body.message) (\($0))" } ?? body.message
        let exitCode = error["data"]?["details"]?["exitCode"]?.int
        return Refusal(code: body.code, message: message, exitCode: exitCode.map { Int32(truncatingIfNeeded: $0) })
    }
}

extension Connection {
    /// Turns this connection into the raw bytes of the call that gave `token`.
    func open(stream token: String) throws(Refusal) -> JSON {
        let id = try send("stream.open", ["token": .string(token)])
        while true {
            if case .answer(id, let result) = try receive() { return try result.get() }
        }
    }
}
