import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// One call to a shim: connect, ask, wait for the answer. No connection is kept between calls.
struct ShimConnection {
    private let socket: SharedDescriptor
    private let method: String
    private let milliseconds: Int64

    /// Connects and asks; `answer` waits.
    ///
    /// - Parameter milliseconds: how long the shim may take.
    /// - Throws: `.unavailable` when nobody is there.
    init(asking path: String, _ method: String, _ params: JSONObject = [:], milliseconds: Int64 = 10_000)
        throws(GantryError)
    {
        self.method = method
        self.milliseconds = milliseconds
        do throws(Errno) {
            socket = SharedDescriptor(try UnixSocket.connect(path))
            try UnixSocket.setReceiveTimeout(socket.raw, milliseconds: milliseconds)
            try UnixSocket.send(socket.raw, Envelope.request(id: .int(1), method: method, params: params).frame())
        } catch {
            throw GantryError(.unavailable, "call shim '\(method)': \(error)")
        }
    }

    /// - Throws: what the shim answered; `.unavailable` when it does not answer.
    func answer() throws(GantryError) -> JSON {
        do {
            return try Self.answer(socket.raw)
        } catch let error as GantryError {
            throw error
        } catch let error as Errno where error == .again {
            throw GantryError(.deadlineExceeded, "call shim '\(method)': no answer in \(milliseconds) ms")
        } catch {
            throw GantryError(.unavailable, "call shim '\(method)': \(error)")
        }
    }

    static func call(
        _ socket: String, _ method: String, _ params: JSONObject = [:], milliseconds: Int64 = 10_000
    ) throws(GantryError) -> JSON {
        try ShimConnection(asking: socket, method, params, milliseconds: milliseconds).answer()
    }

    private static func answer(_ fd: Int32) throws -> JSON {
        var reader = FrameReader()
        while true {
            let count = try reader.fill { (buffer) throws(Errno) in try UnixSocket.receive(fd, into: buffer) }
            if count == 0 { throw Errno.connectionReset }
            guard let message = try reader.nextObject() else { continue }
            switch try Envelope(message) {
            case .result(_, let value): return value
            case .failure(_, let body):
                var error = GantryError(body.code, body.message)
                error.details = body.details
                throw error
            default: continue
            }
        }
    }
}
