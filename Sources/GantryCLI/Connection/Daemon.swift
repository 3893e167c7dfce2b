import GantryClient
import GantryModel
import GantrySystem
import GantryWire

/// The daemon as commands see it: `GantryClient`, with the words that this program has for a daemon that is away.
final class Daemon {
    private let path: String
    private let namespace: String?
    private(set) var client: Client
    /// Whether the last call to be answered was made again: what it found done may be the work of the first.
    private(set) var wasAway = false

    /// Connects to the socket at `path`; nothing is sent yet.
    /// - Throws: a `Failure` with exit status `status` when nobody listens there.
    init(path: String, namespace: String?, failure status: Int32) throws(Failure) {
        self.path = path
        self.namespace = namespace
        do throws(GantryError) {
            client = try Self.connect(path, namespace)
        } catch {
            let reason =
                error.code == .permissionDenied
                ? ": permission denied. Are you root, or in its group?" : ". Is it running?"
            throw Failure("Cannot connect to gantryd at \(path)\(reason)", status: status)
        }
    }

    /// A socket that is there and refuses is that of a daemon that was killed; as a rule it is started again at once.
    private static func connect(_ path: String, _ namespace: String?) throws(GantryError) -> Client {
        if let early = Forewarning.taken(for: path) {
            early.namespace = namespace
            return early
        }
        let end = Clock.monotonic + startPatience
        while true {
            do throws(GantryError) {
                return try Client(path: path, namespace: namespace)
            } catch {
                guard error.code == .unavailable, Clock.monotonic < end,
                    (try? FileStatus.of(path))?.kind == .socket
                else { throw error }
            }
            Clock.sleep(milliseconds: 20)
        }
    }

    /// How long a command waits for a daemon that is not there when it begins, in nanoseconds.
    private static let startPatience: Int64 = 1_000_000_000

    /// Calls a method and waits for its result; once, unless the daemon goes away under a call that may be repeated.
    @discardableResult
    func call(_ method: String, _ parameters: JSONObject) throws(GantryError) -> JSON {
        if Self.repeatable.contains(method) { return try callPersistently(method, parameters) }
        return try client.call(method, parameters)
    }

    /// The items of a stream.
    func list(_ method: String, _ parameters: JSONObject) throws -> [JSON] {
        let end = Clock.monotonic + Self.patience
        while true {
            var items: [JSON] = []
            do {
                try client.stream(method, parameters) { items.append($0) }
                return items
            } catch let error as GantryError where error.isDaemonAway {
                guard reconnect(until: end) else { throw error }
            }
        }
    }

    /// Calls a method on a daemon that may be restarting: when it goes away before it has answered, connects again for
    /// `seconds` and calls again. For what reads, and for what does nothing the second time.
    func callPersistently(
        _ method: String, _ parameters: JSONObject, seconds: Int64? = nil
    ) throws(GantryError) -> JSON {
        wasAway = false
        let patience = seconds.map { $0 * 1_000_000_000 } ?? Self.patience
        var end = Clock.monotonic + patience
        while true {
            let began = Clock.monotonic
            do throws(GantryError) {
                return try client.call(method, parameters)
            } catch {
                // A call that waited for hours, and broke off now, has all its time again.
                if Clock.monotonic - began > 1_000_000_000 { end = Clock.monotonic + patience }
                guard error.isDaemonAway, reconnect(until: end) else { throw error }
                wasAway = true
            }
        }
    }

    /// Connects again, as soon as a daemon listens; false when none does by then.
    func reconnect(until end: Int64) -> Bool {
        while true {
            if let fresh = try? Client(path: path, namespace: namespace) {
                client = fresh
                return true
            }
            guard Clock.monotonic < end else { return false }
            Clock.sleep(milliseconds: 50)
        }
    }

    /// The same, for as long as a daemon may take to come back.
    func reconnect() -> Bool { reconnect(until: Clock.monotonic + Self.patience) }

    /// How long a daemon may take to come back, in nanoseconds.
    static let patience: Int64 = 10_000_000_000

    /// Methods that may be called again when nobody knows whether the first call was heard: those that only look, and
    /// those whose second call finds done what the first did.
    private static let repeatable: Set<String> = [
        "containers.get", "containers.inspect", "containers.wait", "containers.remove", "containers.stop",
        "images.inspect", "snapshots.inspect", "images.tag", "images.remove", "tasks.create", "tasks.get",
        "tasks.resize",
        "system.info", "system.plugins", "system.version",
    ]
}

extension GantryError {
    /// As the end of a command: with the exit status that the daemon knows (`run`: 125, 126 or 127), or `status`.
    func failure(status: Int32) -> Failure {
        Failure(description, status: details?["exitCode"]?.int.map { Int32(truncatingIfNeeded: $0) } ?? status)
    }
}
