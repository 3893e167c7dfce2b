import GantryModel
import GantrySystem
public import GantryWire

extension Client {
    /// Calls a method that moves bytes: `body` gets the descriptor of a second connection, on which the bytes go raw,
    /// in the direction that the method says. The result is the verdict over all of it.
    ///
    /// `body` writes until it is done, or reads until the end of file; the connection is closed when it returns. What
    /// the daemon says counts more than an error of `body`: a broken pipe only means that the daemon has said no.
    @discardableResult
    public func bulk(
        _ method: String, _ params: JSONObject = [:], body: (_ descriptor: Int32) throws -> Void
    ) throws -> JSON {
        let id = try begin(method, params)
        var offered: String?
        while offered == nil {
            switch try next(id) {
            case .end(let result): return try result.get()
            case .item(let item, _): offered = item["token"]?.string
            }
        }
        do {
            let socket = try open(token: offered ?? "", namespace: params["namespace"]?.string ?? namespace)
            try body(socket.raw)
            UnixSocket.shutDown(socket.raw, .writing)
        } catch let error as Errno where error == .brokenPipe || error == .connectionReset {
            // The verdict below says why.
            return try verdict(id)
        } catch {
            cancel(id)
            throw error
        }
        return try verdict(id)
    }

    private func verdict(_ id: Int64) throws(GantryError) -> JSON {
        while true {
            if case .end(let result) = try next(id) { return try result.get() }
        }
    }

    /// The second connection, past `stream.open` and its answer.
    private func open(token: String, namespace: String?) throws(GantryError) -> OwnedDescriptor {
        let socket: OwnedDescriptor
        do throws(GantryError) { socket = try Self.connect(path) } catch {
            // It answered a moment ago.
            throw error.code == .unavailable ? .connectionLost(error.message).of("stream.open") : error
        }
        var params: JSONObject = ["token": .string(token)]
        if let namespace { params["namespace"] = .string(namespace) }
        var frames = FrameReader()
        do throws(Errno) {
            try UnixSocket.send(
                socket.raw, Envelope.request(id: .int(1), method: "stream.open", params: params).frame())
            // Byte by byte over the length, then exactly the rest: what follows belongs to the body.
            try Self.readExactly(Frame.headerLength, from: socket.raw, into: &frames)
            let length = frames.pendingLength ?? 0
            try Self.readExactly(length, from: socket.raw, into: &frames)
        } catch { throw .connectionLost(error.reason).of("stream.open") }
        let answer: Envelope
        do {
            guard let object = try frames.nextObject() else {
                throw GantryError.connectionLost().of("stream.open")
            }
            answer = try Envelope(object)
        } catch let error as GantryError { throw error } catch {
            throw GantryError(.internal, "stream.open: unreadable answer", cause: "\(error)")
        }
        if case .failure(_, let body) = answer { throw Self.error(body) }
        return socket
    }

    private static func readExactly(_ count: Int, from fd: Int32, into frames: inout FrameReader) throws(Errno) {
        var left = count
        while left > 0 {
            let limit = left
            let got = try frames.fill(atLeast: left) { room throws(Errno) in
                try UnixSocket.receive(fd, into: UnsafeMutableRawBufferPointer(rebasing: room[0..<limit]))
            }
            if got == 0 { return }
            left -= got
        }
    }
}
