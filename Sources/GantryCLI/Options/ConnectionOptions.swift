import ArgumentParser
import GantrySystem

/// Which daemon to talk to. Given before or behind the command's name.
struct ConnectionOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The daemon's socket. (default: $GANTRY_SOCKET, or \(defaultSocket))", valueName: "path"))
    var socket: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The namespace to work in. (default: $GANTRY_NAMESPACE, or default)", valueName: "name"))
    var namespace: String?

    /// Where a daemon listens that was given no `--state`.
    static let defaultSocket = "/run/gantry/gantry.sock"

    /// Connects to the daemon.
    ///
    /// - Parameter status: what to exit with when that fails: 125 for `run`.
    func connect(failure status: Int32 = 1) throws(Failure) -> Daemon {
        let path = socket ?? Self.variable("GANTRY_SOCKET") ?? Self.defaultSocket
        return try Daemon(
            // Docker's variable holds a URL, and habits are strong.
            path: path.hasPrefix("unix://") ? String(path.dropFirst(7)) : path,
            namespace: namespace ?? Self.variable("GANTRY_NAMESPACE"), failure: status)
    }

    private static func variable(_ name: String) -> String? {
        Host.variable(name).flatMap { $0.isEmpty ? nil : $0 }
    }
}
