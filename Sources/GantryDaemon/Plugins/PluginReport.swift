import GantryModel
import GantryWire

/// What became of one plugin, built in or not.
struct PluginReport: Sendable {
    enum State: String, Sendable {
        case ready
        /// It cannot work on this machine; that is no failure.
        case skipped
        case failed
        /// It has not answered yet.
        case starting
        /// It answered once and does not now: calls fail at once until it does again.
        case quarantined
    }

    var kind: String
    var name: String
    var state: State
    /// Why it is not ready.
    var reason: String?
    var requires: [String] = []
    var capabilities: [String] = []
    var exports: [String: String] = [:]
    /// Milliseconds from the start of the daemon's or the plugin's own until it was ready.
    var bootMilliseconds: Double?
    var lastError: String?
    /// By the clock of the machine, in nanoseconds since 1970.
    var lastErrorAt: Timestamp?
    /// What only plugins in other processes have.
    var process: JSONObject?

    var id: String { "\(kind)/\(name)" }

    var json: JSON {
        var object: JSONObject = ["kind": .string(kind), "name": .string(name), "state": .string(state.rawValue)]
        object.put("reason", reason)
        object["requires"] = .strings(requires)
        object["capabilities"] = .strings(capabilities)
        object["exports"] = .object(
            JSONObject(exports.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }))
        if let bootMilliseconds { object["bootMs"] = .double(bootMilliseconds) }
        object.put("lastError", lastError)
        object.put("lastErrorAt", lastErrorAt?.description)
        if let process { object["process"] = .object(process) }
        return .object(object)
    }
}
