import GantrySystem
import GantryWire

/// Tells the daemon something, again and again until it has acknowledged: the daemon may be down just now.
struct DaemonReport: ~Copyable {
    private enum State {
        /// Nothing to tell yet, or told.
        case idle, acknowledged
        /// Try at this time of the monotonic clock.
        case waiting(until: Int64)
        case asking(SharedDescriptor, FrameReader)
    }

    private var state = State.idle
    private let socket: String
    private let request: [UInt8]
    private var delay = Self.firstDelay
    /// Nanoseconds: a daemon that restarts is back within these.
    private static let firstDelay: Int64 = 10_000_000
    private static let longestDelay: Int64 = 1_000_000_000

    /// A report of nothing.
    init() {
        socket = ""
        request = []
    }

    /// A call of `method` about the task, with `facts` beside what names the two of us.
    init(_ method: String, of task: TaskFile, _ facts: JSONObject = [:]) {
        socket = task.daemonSocket
        let hello = Envelope.request(id: .int(1), method: "rpc.hello", params: ["protocol": 1])
        var params: JSONObject = ["namespace": .string(task.namespace), "container": .string(task.id)]
        params["pid"] = .int(Int64(Processes.current))
        for (key, value) in facts.members { params[key] = value }
        request = hello.frame() + Envelope.request(id: .int(2), method: method, params: params).frame()
        state = .waiting(until: 0)
    }

    var isAcknowledged: Bool { if case .acknowledged = state { true } else { false } }
    var descriptor: Int32 { if case .asking(let connection, _) = state { connection.raw } else { -1 } }
    /// When `advance` wants to be called next; nil when only its descriptor matters.
    var deadline: Int64? { if case .waiting(let until) = state { until } else { nil } }

    mutating func advance() {
        switch state {
        case .idle, .acknowledged: return
        case .waiting(let until):
            if Clock.monotonic < until { return }
            do throws(Errno) {
                let connection = try UnixSocket.connect(socket, nonblocking: true)
                try UnixSocket.send(connection.raw, request)
                state = .asking(SharedDescriptor(connection), FrameReader())
            } catch {
                retry()
            }
        case .asking(let connection, var reader):
            do throws(Errno) {
                let count = try reader.fill { (buffer) throws(Errno) in
                    try UnixSocket.receive(connection.raw, into: buffer)
                }
                state = .asking(connection, reader)
                if count == 0 { return retry() }
                try look(connection, &reader)
            } catch .again {
                return
            } catch {
                retry()
            }
        }
    }

    /// The daemon has learnt of it by another way: it found this shim again and looked at its `exit` file.
    mutating func acknowledge() {
        state = .acknowledged
        FailurePoint.shimTold.reach()
    }

    /// Any answer to the second request is an acknowledgement: an error says that the daemon knows no such container,
    /// and then there is nobody left to tell. Only `unavailable` means "ask again".
    private mutating func look(_ connection: SharedDescriptor, _ reader: inout FrameReader) throws(Errno) {
        while true {
            guard let message = try? reader.nextObject() else { break }
            guard message["id"] == .int(2) else { continue }
            if message["error"]?["data"]?["code"] == .string(ErrorCode.unavailable.rawValue) { return retry() }
            acknowledge()
            return
        }
        state = .asking(connection, reader)
    }

    private mutating func retry() {
        state = .waiting(until: Clock.monotonic + delay)
        delay = min(delay * 2, Self.longestDelay)
    }
}
