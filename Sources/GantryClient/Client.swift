public import GantryModel
import GantrySystem
public import GantryWire

/// A connection to a Gantry daemon: calls, streams and bulk transfers, blocking.
///
/// ```swift
/// let client = try Client(path: "/run/gantry/gantry.sock")
/// let container = try client.call("containers.get", ["id": "web"])
/// try client.stream("events.subscribe", ["since": 0]) { print($0.text) }
/// ```
///
/// Nothing is sent before the first call, and `rpc.hello` goes out with it in one write: a command costs one round
/// trip. One thread at a time uses a client; connecting another costs some 50 µs. Inside the closures of `stream` and
/// `bulk` further calls on the same client are allowed.
public final class Client {
    /// Where the daemon listens; bulk transfers connect there again.
    public let path: String
    /// Sent with every call that does not name one itself; nil leaves it to the daemon ("default").
    public var namespace: String?

    /// When a call that has not ended is given up, by `Clock.monotonic`, in nanoseconds; nil waits for ever. It counts only
    /// for a client that was made with one.
    package var deadline: Int64?
    /// Whether the connection is of no more use: it ended, or what came from it made no sense, or came too late.
    package private(set) var isBroken = false

    private let socket: SharedDescriptor
    private let waits: Bool
    private var frames = FrameReader()
    private var lastID: Int64 = 0
    private var greeted = false
    private var greeting: JSON?
    /// Messages for calls further out, that arrived while one further in was waiting.
    private var waiting: [Int64: [Incoming]] = [:]
    /// The bytes of the frame that was taken last.
    private var lastSize = 0
    /// The methods of the calls in flight, for errors that end them all.
    private var methods: [Int64: String] = [:]

    enum Incoming {
        /// With the bytes of its frame.
        case item(JSON, size: Int)
        case end(Result<JSON, GantryError>)
    }

    /// Connects; sends nothing.
    /// - Throws: `unavailable` when nobody listens at `path`, `permission_denied`.
    public init(path: String, namespace: String? = nil) throws(GantryError) {
        self.path = path
        self.namespace = namespace
        waits = true
        socket = SharedDescriptor(try Self.connect(path))
    }

    /// The same for a server that may be wedged: nothing takes longer than until `deadline`, connecting included.
    /// - Throws: `deadline_exceeded` when its queue of connections stayed full.
    package init(path: String, namespace: String? = nil, deadline: Int64) throws(GantryError) {
        self.path = path
        self.namespace = namespace
        self.deadline = deadline
        waits = false
        while true {
            do throws(Errno) {
                socket = SharedDescriptor(try UnixSocket.connect(path, nonblocking: true))
                return
            } catch {
                guard error == .again else {
                    throw GantryError(.unavailable, "connect '\(path)': \(error.reason)")
                }
                if Clock.monotonic >= deadline {
                    throw GantryError(.deadlineExceeded, "connect '\(path)': it takes no connections")
                }
                Clock.sleep(milliseconds: 5)
            }
        }
    }

    /// Whether a connection on which nothing is in flight can be used again: the other end has not left, and has not said
    /// anything unasked.
    package var isIdle: Bool {
        !isBroken && frames.buffered == 0 && (try? PollSet.wait(socket.raw, .readable, milliseconds: 0)) == false
    }

    static func connect(_ path: String) throws(GantryError) -> OwnedDescriptor {
        do throws(Errno) { return try UnixSocket.connect(path) } catch {
            let denied = error == .access || error == .perm
            throw GantryError(
                denied ? .permissionDenied : .unavailable,
                "connect '\(path)': \(error.reason)\(denied ? "" : "; is gantryd running?")")
        }
    }

    /// What the daemon said of itself: `server`, `version`, `features`. Asks, when no call was made yet.
    public func hello() throws(GantryError) -> JSON {
        if let greeting { return greeting }
        try transmit([])
        while greeting == nil { try receive() }
        return greeting ?? .null
    }

    /// Calls a method and waits for its result.
    public func call(_ method: String, _ params: JSONObject = [:]) throws(GantryError) -> JSON {
        let id = try begin(method, params)
        while true {
            if case .end(let result) = try next(id) { return try result.get() }
        }
    }

    /// Makes a call whose answer nobody waits for, whatever it is; with `rpc.hello`, when it is the first.
    public func announce(_ method: String, _ params: JSONObject = [:]) throws(GantryError) {
        let id = try begin(method, params)
        (waiting[id], methods[id]) = (nil, nil)
    }

    // MARK: Messages

    /// Sends a request; its answers come from `next`.
    func begin(_ method: String, _ params: JSONObject) throws(GantryError) -> Int64 {
        lastID += 1
        var params = params
        if let namespace, params["namespace"] == nil { params["namespace"] = .string(namespace) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        guard Envelope.request(id: .int(lastID), method: method, params: params).appendFrame(into: &bytes) else {
            throw GantryError(.invalidArgument, "\(method): the request does not fit a frame")
        }
        waiting[lastID] = []
        methods[lastID] = method
        do throws(GantryError) { try transmit(bytes) } catch { throw error.of(method) }
        return lastID
    }

    func notify(_ method: String, _ params: JSONObject) throws(GantryError) {
        try transmit(Envelope.notification(method: method, params: params).frame())
    }

    /// The next message of one call, in order; `end` is its last.
    func next(_ id: Int64) throws(GantryError) -> Incoming {
        while true {
            if var queue = waiting[id], !queue.isEmpty {
                let message = queue.removeFirst()
                if case .end = message {
                    waiting[id] = nil
                    methods[id] = nil
                } else {
                    waiting[id] = queue
                }
                return message
            }
            do throws(GantryError) { try receive() } catch { throw error.of(methods[id] ?? "rpc.hello") }
        }
    }

    /// Reads one message and puts it where it belongs.
    private func receive() throws(GantryError) {
        do throws(GantryError) { try take(readMessage()) } catch {
            isBroken = true
            throw error
        }
    }

    private func take(_ message: Envelope) throws(GantryError) {
        switch message {
        case .notification("$/item", let params):
            guard let id = params["id"]?.int, waiting[id] != nil else { return }
            waiting[id]?.append(.item(params["item"] ?? .null, size: lastSize))
        case .result(.int(0), let result):
            if let number = result["protocol"]?.int, number != 1 {
                throw GantryError(.failedPrecondition, "it speaks protocol \(number), and this program speaks 1")
            }
            greeting = result
        case .result(.int(let id), let result): waiting[id]?.append(.end(.success(result)))
        case .failure(.int(let id)?, let body) where id != 0: waiting[id]?.append(.end(.failure(Self.error(body))))
        case .failure(_, let body):
            // Of rpc.hello, or of a frame the daemon could not read: the connection is over.
            throw Self.error(body)
        default: break
        }
    }

    private func readMessage() throws(GantryError) -> Envelope {
        while true {
            let object: JSONObject?
            let before = frames.buffered
            do throws(FrameError) { object = try frames.nextObject() } catch {
                throw GantryError(.internal, error.description)
            }
            lastSize = before - frames.buffered
            if let object {
                do throws(EnvelopeError) { return try Envelope(object) } catch {
                    throw GantryError(.internal, "read answer: \(error.reason)")
                }
            }
            let count: Int
            do throws(Errno) {
                count = try frames.fill(atLeast: 16 << 10) { room throws(Errno) in
                    try receiveSome(into: room)
                }
            } catch {
                if error == .timedOut { throw GantryError(.deadlineExceeded, "no answer in time") }
                throw .connectionLost(error.reason)
            }
            guard count > 0 else { throw .connectionLost() }
        }
    }

    private func transmit(_ bytes: [UInt8]) throws(GantryError) {
        var output = bytes
        if !greeted {
            greeted = true
            output = Envelope.request(id: .int(0), method: "rpc.hello", params: ["protocol": 1]).frame() + bytes
        }
        guard !output.isEmpty else { return }
        do throws(Errno) { try send(output) } catch {
            if error == .timedOut {
                isBroken = true
                throw GantryError(.deadlineExceeded, "the request was not taken in time")
            }
            // A daemon that refuses says why before it closes: that is the better error.
            if error == .brokenPipe || error == .connectionReset {
                while true { _ = try receive() }
            }
            isBroken = true
            throw .connectionLost(error.reason)
        }
    }

    // MARK: Bytes

    private func send(_ output: [UInt8]) throws(Errno) {
        if waits { return try UnixSocket.send(socket.raw, output) }
        let failure = output.withUnsafeBytes { bytes -> Errno? in
            var done = 0
            do throws(Errno) {
                while done < bytes.count {
                    do throws(Errno) {
                        done += try UnixSocket.sendNow(socket.raw, UnsafeRawBufferPointer(rebasing: bytes[done...]))
                    } catch {
                        guard error == .again else { throw error }
                        try ready(.writable)
                    }
                }
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
    }

    private func receiveSome(into room: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        while true {
            do throws(Errno) { return try UnixSocket.receive(socket.raw, into: room) } catch {
                guard error == .again else { throw error }
                try ready(.readable)
            }
        }
    }

    /// Waits for the socket, at most until the deadline.
    private func ready(_ events: PollSet.Events) throws(Errno) {
        let left = deadline.map { ($0 - Clock.monotonic + 999_999) / 1_000_000 }
        if let left, left <= 0 { throw .timedOut }
        guard try PollSet.wait(socket.raw, events, milliseconds: left.map { Int32(clamping: $0) }) else {
            throw .timedOut
        }
    }

    static func error(_ body: ErrorBody) -> GantryError {
        GantryError(body.code, body.message, cause: body.cause, details: body.details)
    }
}
