public import GantryModel
import GantryWire

extension GantryError {
    /// Whether the daemon went away, or was about to, before it answered: what was asked may be done or not. The same
    /// call on a new connection finds out.
    public var isDaemonAway: Bool {
        code == .unavailable && (details?[Self.lost]?.bool == true || details?[Self.shutdown]?.bool == true)
    }

    /// The connection broke; the caller puts the method's name in front.
    static func connectionLost(_ reason: String? = nil) -> GantryError {
        GantryError(
            .unavailable, "the daemon went away before it answered; try again", cause: reason, details: [lost: true])
    }

    /// The same error, saying which call it ended.
    func of(_ method: String) -> GantryError {
        var error = self
        if isDaemonAway, details?[Self.lost]?.bool == true { error.message = "\(method): \(message)" }
        return error
    }

    private static let lost = "connectionLost"
    /// What a daemon's own answers hold that it gives because it shuts down.
    private static let shutdown = "shutdown"
}
