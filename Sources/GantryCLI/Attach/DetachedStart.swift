import GantryClient
import GantryModel
import GantrySystem
import GantryWire

/// Starts a container that this command has created and that nobody attaches to: `gantry run -d`.
///
/// When the daemon goes away before it has answered, the next one knows whether the container was started: it has never
/// run before, so any trace of a run is this one.
struct DetachedStart {
    let daemon: Daemon
    /// The container's id.
    let container: String

    private var request: JSONObject { ["container": .string(container)] }

    /// What became of a start whose answer was lost.
    private enum Trace {
        case ran, underWay, none
    }

    /// Returns when the container was started, were it that it has ended since.
    func run() throws(GantryError) {
        let end = Clock.monotonic + Self.patience
        var lost: GantryError?
        while true {
            if let error = lost {
                guard daemon.reconnect() else { throw error }
                switch try trace() {
                case .ran: return
                case .underWay where Clock.monotonic < end:
                    Clock.sleep(milliseconds: 30)
                    continue
                case .underWay: throw error
                case .none: break
                }
            }
            do throws(GantryError) {
                try daemon.call("tasks.start", request)
                return
            } catch {
                if error.isDaemonAway {
                    lost = error
                } else if lost != nil, error.code == .failedPrecondition, try trace() == .ran {
                    // It ran by then: the start had been under way when it was looked for.
                    return
                } else {
                    throw error
                }
            }
        }
    }

    /// A runtime that hangs is given up by the daemon after a minute.
    private static let patience: Int64 = 90_000_000_000

    private func trace() throws(GantryError) -> Trace {
        do throws(GantryError) {
            let state = try daemon.call("containers.get", request)["state"]?.string
            if state != "created" { return .ran }
        } catch {
            // Removed by itself: then it has ended, or could not be started, and only the former is known.
            guard error.code == .notFound else { throw error }
            try daemon.call("containers.wait", request)
            return .ran
        }
        let task = try? daemon.call("tasks.get", request)
        return task?["state"]?.string == "starting" ? .underWay : .none
    }
}
