import GantrySystem
import GantryWire

/// The reader thread's side of a connection: frames in, inline answers out, everything else handed on.
struct ConnectionReader {
    enum End: Sendable {
        /// The client closed, or the connection was shut down.
        case left
        /// It sent what ends the connection; the reason is still on its way out.
        case refused
        /// It became a bulk connection.
        case handedOver
    }

    private let connection: Connection
    private let server: Server
    private var frames = FrameReader()
    /// Answers of inline calls, sent together when nothing more is buffered.
    private var answers: [UInt8] = []
    /// Where an inline handler writes its result.
    private var scratch: [UInt8] = []
    private var greeted = false

    init(_ connection: Connection) {
        self.connection = connection
        server = connection.server
    }

    mutating func run() -> End {
        let fd = connection.outbox.descriptor.raw
        while true {
            do throws(Errno) {
                let count = try frames.fill { room throws(Errno) in try UnixSocket.receive(fd, into: room) }
                if count == 0 { return .left }
            } catch { return .left }
            if let end = takeFrames() {
                flush()
                return end
            }
            flush()
            // Beyond its limit of queued answers a connection is not read: it gets no more work done before it
            // takes what it has asked for.
            _ = connection.outbox.waitForRoom()
        }
    }

    private mutating func takeFrames() -> End? {
        while true {
            let message: JSONObject?
            do throws(FrameError) { message = try frames.nextObject() } catch {
                let number: Int64 =
                    if case .malformed = error { ErrorBody.parseError } else { ErrorBody.invalidRequest }
                refuse(nil, ErrorBody(.invalidArgument, error.description, number: number))
                return .refused
            }
            guard let message else { return nil }
            if let end = take(message) { return end }
            if answers.count > 64 << 10 {
                flush()
                _ = connection.outbox.waitForRoom()
            }
        }
    }

    private mutating func take(_ message: JSONObject) -> End? {
        let envelope: Envelope
        do throws(EnvelopeError) { envelope = try Envelope(message) } catch {
            refuse(
                error.id,
                ErrorBody(.invalidArgument, "read request: \(error.reason)", number: ErrorBody.invalidRequest))
            return .refused
        }
        switch envelope {
        case .request(let id, let method, let params):
            if method == "stream.open" { return open(id, params) }
            if !greeted { return greet(id, method, params) }
            serve(id, method, params)
        case .notification(let method, let params): note(method, params)
        case .result, .failure: break
        }
        return nil
    }

    // MARK: Control

    private mutating func greet(_ id: RequestID, _ method: String, _ params: JSONObject) -> End? {
        guard method == "rpc.hello" else {
            refuse(id, ErrorBody(.failedPrecondition, "\(method): rpc.hello comes first"))
            return .refused
        }
        let options = server.options
        do throws(ErrorBody) {
            let answer = try Hello.answer(
                params, name: options.name, version: options.version, readOnly: connection.readOnly)
            Envelope.result(id: id, answer).appendFrame(into: &answers)
            greeted = true
            return nil
        } catch {
            refuse(id, error)
            return .refused
        }
    }

    private func note(_ method: String, _ params: JSONObject) {
        guard let id = params["id"].flatMap({ RequestID($0) }), let call = connection.call(id) else { return }
        switch method {
        case "$/cancel": server.cancel(call)
        case "$/grant": call.grant(items: params["items"]?.int ?? 0, bytes: params["bytes"]?.int ?? 0)
        default: break
        }
    }

    /// `stream.open`: this connection becomes the bytes of a call that waits for it.
    private mutating func open(_ id: RequestID, _ params: JSONObject) -> End? {
        let namespace = params["namespace"]?.string ?? CommonParams.defaultNamespace
        guard let token = params["token"]?.string else {
            refuse(id, ErrorBody(.invalidArgument, "stream.open 'token': is required", field: "token"))
            return .refused
        }
        guard connection.running == 0 else {
            refuse(id, ErrorBody(.failedPrecondition, "stream.open: requests are in flight on this connection"))
            return .refused
        }
        guard let offer = server.tokens.redeem(token, uid: connection.peer.uid, namespace: namespace) else {
            refuse(id, ErrorBody(.notFound, "stream.open: the token is unknown, used or expired"))
            return .refused
        }
        Envelope.result(id: id, [:]).appendFrame(into: &answers)
        flush()
        // The answer is small and goes at once unless the client had much to take first.
        guard connection.outbox.waitUntilDrained(milliseconds: 10_000) else { return .left }
        let bulk = BulkConnection(connection.outbox.descriptor, prefix: frames.takeRest())
        return offer.deliver(bulk) ? .handedOver : .left
    }

    // MARK: Requests

    private mutating func serve(_ id: RequestID, _ name: String, _ params: JSONObject) {
        guard let method = server.router[name] else {
            if name == "rpc.hello" { return refuse(id, ErrorBody(.failedPrecondition, "rpc.hello: came already")) }
            return refuse(id, ErrorBody(.unimplemented, "\(name): no such method"))
        }
        if connection.readOnly, method.access != .read {
            return refuse(id, ErrorBody(.permissionDenied, "\(name): this socket is read-only"))
        }
        let common: CommonParams
        do throws(ErrorBody) { common = try method.check(params) } catch { return refuse(id, error) }
        let call = Call(id: id, method: method, params: params, common: common, connection: connection)
        guard method.mode == .inline else {
            if let refusal = server.start(call) { refuse(id, refusal) }
            return
        }
        do {
            switch method.handler {
            case .bytes(let write):
                scratch.removeAll(keepingCapacity: true)
                try write(call, &scratch)
                Connection.append(.success(scratch), of: id, into: &answers)
            case .value(let handler):
                let value = try handler(call)
                if Envelope.result(id: id, value).appendFrame(into: &answers) { return }
                refuse(id, ErrorBody(.resourceExhausted, "\(name): the answer does not fit a frame"))
            }
        } catch { refuse(id, server.body(of: error, by: method)) }
    }

    private mutating func refuse(_ id: RequestID?, _ body: ErrorBody) {
        if let id { return Connection.append(.failure(body), of: id, into: &answers) }
        Envelope.failure(id: nil, body).appendFrame(into: &answers)
    }

    private mutating func flush() {
        guard !answers.isEmpty else { return }
        connection.outbox.send(answers)
        answers.removeAll(keepingCapacity: answers.capacity <= 64 << 10)
    }
}
