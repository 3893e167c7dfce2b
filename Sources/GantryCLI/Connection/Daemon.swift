import GantryClient
import GantryModel
import GantrySystem
import GantryWire

/// The daemon as commands see it: `GantryClient`, with the words that this program has for a daemon that is away.
final class Daemon {
    private let path: String
    private let namespace: String?
    private(set) var client: Client

    /// Connects to the socket at `path`; nothing is sent yet.
    /// - Throws: a `Failure` with exit status `status` when nobody listens there.
    init(path: String, namespace: String?, failure status: Int32) throws(Failure) {
        self.path = path
        self.namespace = namespace
        do throws(GantryError) {
            client = try Client(path: path, namespace: namespace)
        } catch {
            let reason =
                error.code == .permissionDenied
                ? ": permission denied. Are you root, or in its group?" : ". Is it running?"
            throw Failure("Cannot connect to gantryd at \(path)\(reason)", status: status)
        }
    }

    /// Calls a method and waits for its result.
    @discardableResult
    func call(_ method: String, _ parameters: JSONObject) throws(GantryError) -> JSON {
        try client.call(method, parameters)
    }

    /// The items of a stream.
    func list(_ method: String, _ parameters: JSONObject) throws -> [JSON] {
        var items: [JSON] = []
        try client.stream(method, parameters) { items.append($0) }
        return items
    }

    /// Calls a method on a daemon that may be restarting: connects again for `seconds` while it is away.
    func callPersistently(
        _ method: String, _ parameters: JSONObject, seconds: Int64 = 15
    ) throws(GantryError) -> JSON {
        let end = Clock.monotonic + seconds * 1_000_000_000
        while true {
            do throws(GantryError) {
                return try client.call(method, parameters)
            } catch {
                guard error.code == .unavailable, Clock.monotonic < end else { throw error }
            }
            Clock.sleep(milliseconds: 100)
            if let fresh = try? Client(path: path, namespace: namespace) { client = fresh }
        }
    }
}

extension GantryError {
    /// As the end of a command: with the exit status that the daemon knows (`run`: 125, 126 or 127), or `status`.
    func failure(status: Int32) -> Failure {
        Failure(description, status: details?["exitCode"]?.int.map { Int32(truncatingIfNeeded: $0) } ?? status)
    }
}
