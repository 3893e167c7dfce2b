package import GantryHost
package import GantryModel
import GantrySystem
import GantryWire
import Synchronization

/// The RPC server: sockets, connections, and the threads that calls run on.
///
/// ```swift
/// let server = try Server(methods, options: .init(name: "gantryd", version: "1"), pool: pool)
/// try server.listen(Listener(path: "/run/gantry/gantry.sock"))
/// try server.listen(Listener(path: "/run/gantry/gantry-ro.sock"), readOnly: true)
/// …
/// server.shutDown(milliseconds: 10_000)
/// ```
package final class Server: Sendable {
    package struct Options: Sendable {
        /// What `rpc.hello` says we are.
        package var name: String
        package var version: String
        package var maximumConnections = 4096
        /// Whether the read-only socket serves `.guarded` methods too.
        package var guardedOnReadOnly = false
        /// Requests that may run at once for one connection.
        package var maximumInFlight = 128
        /// How many calls of modes wait, stream and bulk may live at once, over all connections.
        package var maximumWaits = 4096
        /// A connection with more queued than this is not read until half of it is gone.
        package var queueBytes = 8 << 20
        /// How long a token for a bulk connection lasts.
        package var tokenMilliseconds: Int64 = 30_000
        /// Told what an operator wants to read; from any thread, and must not block.
        package var report: (@Sendable (Report) -> Void)?

        package init(name: String, version: String) {
            self.name = name
            self.version = version
        }
    }

    /// What is worth a line in the log.
    package enum Report: Sendable, CustomStringConvertible {
        case connected(pid: Int32, uid: UInt32, gid: UInt32, readOnly: Bool)
        case refused(reason: String)
        /// A handler threw what is no `GantryError`.
        case defect(method: String, error: String)

        package var description: String {
            switch self {
            case .connected(let pid, let uid, let gid, let readOnly):
                "connection from pid \(pid), uid \(uid), gid \(gid)\(readOnly ? ", read-only" : "")"
            case .refused(let reason): "connection refused: \(reason)"
            case .defect(let method, let error): "\(method): unexpected error: \(error)"
            }
        }
    }

    struct State: Sendable {
        var connections: [ObjectIdentifier: Connection] = [:]
        var acceptors = 0
        var closing = false
        /// Handlers that run on the pool or on threads of their own, whether their client is still there or not.
        var running = 0
    }

    let options: Options
    let router: Router
    let tokens: Tokens
    let flusher: Flusher
    let deadlines = Deadlines()
    let pool: BlockingPool
    let waits: BlockingPool
    let state = Monitor(State())
    /// Readable once the server shuts down: every acceptor polls it.
    let stopping: StopSignal

    /// `pool` runs the pooled calls; it stays the caller's.
    package init(_ methods: [Method], options: Options, pool: BlockingPool) throws(GantryError) {
        do throws(Errno) {
            flusher = try Flusher()
            stopping = try StopSignal()
        } catch { throw GantryError(.unavailable, "start the RPC server: \(error.reason)") }
        self.options = options
        self.pool = pool
        router = Router(methods, name: options.name, version: options.version)
        tokens = Tokens(milliseconds: options.tokenMilliseconds)
        waits = BlockingPool("rpc-wait", threads: options.maximumWaits, queue: 0, stack: 1 << 20)
    }

    /// How many clients are connected.
    package var connectionCount: Int { state.with { $0.connections.count } }

    func report(_ report: Report) { options.report?(report) }

    func body(of error: any Error, by method: Method) -> ErrorBody {
        let body = ErrorBody(thrown: error, by: method.name)
        if body.code == .internal { report(.defect(method: method.name, error: "\(error)")) }
        return body
    }
}
