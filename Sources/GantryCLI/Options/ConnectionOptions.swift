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
        try Daemon(
            path: Self.path(socket), namespace: namespace ?? Self.variable("GANTRY_NAMESPACE"), failure: status)
    }

    /// The socket of the daemon that is meant when `option` is given, or is not.
    static func path(_ option: String?) -> String {
        let path = option ?? variable("GANTRY_SOCKET") ?? defaultSocket
        // Docker's variable holds a URL, and habits are strong.
        return path.hasPrefix("unix://") ? String(path.dropFirst(7)) : path
    }

    private static func variable(_ name: String) -> String? {
        Host.variable(name).flatMap { $0.isEmpty ? nil : $0 }
    }
}
