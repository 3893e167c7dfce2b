import GantrySystem
import GantryWire

/// The daemon, as commands see it: calls that block, in the namespace of the command line.
///
/// Not thread-safe and not meant to be: a command does one thing after another.
final class Daemon {
    private let path: String
    private let namespace: String?
    private var connection: Connection

    /// Connects to the socket at `path`.
    /// - Throws: a `Failure` with exit status `status` when nobody listens there.
    init(path: String, namespace: String?, failure status: Int32) throws(Failure) {
        self.path = path
        self.namespace = namespace
        do throws(Errno) {
            connection = try Connection(path)
        } catch {
            throw Failure(Self.unreachable(path, error), status: status)
        }
    }

    /// Calls a method and waits for its result.
    @discardableResult
    func call(_ method: String, _ parameters: JSONObject) throws(Refusal) -> JSON {
        let id = try connection.send(method, named(parameters))
        while true {
            let message = try connection.receive()
            if case .answer(id, let result) = message { return try result.get() }
        }
    }

    /// Calls a method once for each of several parameters, all at once, and tells each result as it comes.
    func callAll<E: Error>(
        _ method: String, _ requests: [JSONObject], _ each: (Int, Result<JSON, Refusal>) throws(E) -> Void
    ) throws {
        var waiting: [Int64: Int] = [:]
        // The daemon takes so many calls of one connection at a time.
        let most = 64
        var next = 0
        while next < requests.count || !waiting.isEmpty {
            if next < requests.count, waiting.count < most {
                waiting[try connection.send(method, named(requests[next]))] = next
                next += 1
            } else if case .answer(let id, let result) = try connection.receive(),
                let index = waiting.removeValue(forKey: id)
            {
                try each(index, result)
            }
        }
    }

    /// The items of a stream.
    func list(_ method: String, _ parameters: JSONObject) throws(Refusal) -> [JSON] {
        let id = try connection.send(method, named(parameters))
        var items: [JSON] = []
        while true {
            switch try connection.receive() {
            case .item(id, let item):
                items.append(item)
                try connection.grant(id)
            case .answer(id, let result):
                _ = try result.get()
                return items
            default: continue
            }
        }
    }

    /// Calls a method on a daemon that may be restarting: connects again for `seconds` when it is away.
    func callPersistently(
        _ method: String, _ parameters: JSONObject, seconds: Int64 = 15
    ) throws(Refusal) -> JSON {
        let end = Clock.monotonic + seconds * 1_000_000_000
        while true {
            do throws(Refusal) {
                return try call(method, parameters)
            } catch {
                guard error.code == .unavailable, Clock.monotonic < end else { throw error }
            }
            Clock.sleep(milliseconds: 100)
            if let fresh = try? Connection(path) { connection = fresh }
        }
    }

    /// A call that moves bytes to the daemon: `body` writes them into the socket that it is given.
    func send(
        _ method: String, _ parameters: JSONObject, _ body: (Int32) throws(Failure) -> Void
    ) throws -> JSON {
        try bulk(method, parameters) { socket throws(Failure) in
            try body(socket)
            UnixSocket.shutDown(socket, .writing)
        }
    }

    /// A call that moves bytes from the daemon: `body` reads them from the socket that it is given, to the end.
    func receive(
        _ method: String, _ parameters: JSONObject, _ body: (Int32) throws(Failure) -> Void
    ) throws {
        _ = try bulk(method, parameters, body)
    }

    /// The answer to the call is the verdict: it also says what is wrong when moving the bytes failed.
    private func bulk(
        _ method: String, _ parameters: JSONObject, _ body: (Int32) throws(Failure) -> Void
    ) throws -> JSON {
        let id = try connection.send(method, named(parameters))
        while true {
            switch try connection.receive() {
            case .answer(id, let result): return try result.get()
            case .token(id, let token):
                let data: Connection
                do { data = try Connection(path) } catch { throw Failure(Self.unreachable(path, error)) }
                _ = try data.open(stream: token)
                try body(data.raw)
            default: continue
            }
        }
    }

    private func named(_ parameters: JSONObject) -> JSONObject {
        guard let namespace else { return parameters }
        var parameters = parameters
        parameters["namespace"] = .string(namespace)
        return parameters
    }

    private static func unreachable(_ path: String, _ error: Errno) -> String {
        switch error {
        case .noEntry, .connectionRefused: "Cannot connect to gantryd at \(path). Is it running?"
        case .access: "Cannot connect to gantryd at \(path): permission denied. Are you root or in its group?"
        default: "Cannot connect to gantryd at \(path): \(error)"
        }
    }
}
