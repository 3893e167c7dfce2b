import ArgumentParser
import GantryModel
import GantryWire

/// `gantry attach`.
struct Attach: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Attach to the standard streams of a running container.",
        discussion: """
            Several may be attached at once. The exit status is the container's. The detach keys (ctrl-p ctrl-q) leave a \
            container with a terminal running.

            EXAMPLE
              gantry attach shell
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @OptionGroup var leaving: DetachOption

    @Flag(name: .customLong("no-stdin"), help: "Do not forward standard input.")
    var noInput = false

    @Flag(name: .customLong("sig-proxy"), inversion: .prefixedNo, help: .hidden)
    var signalProxy = true

    @Argument(help: "Name or id.")
    var container: String

    func run() throws {
        // What is typed wrong is told whether or not the daemon is there.
        _ = try leaving.keys(terminal: false)
        let daemon = try connection.connect()
        let found = try daemon.call("containers.get", ["container": .string(container)])
        switch found["state"]?.string {
        case "running": break
        case "paused": throw Failure("cannot attach to a paused container, unpause it first")
        default: throw Failure("cannot attach to a stopped container, start it first")
        }
        let terminal = found["tty"]?.bool ?? false
        let input = !noInput && (found["openStdin"]?.bool ?? false)
        try UserTerminal.check(terminal: terminal, input: input)
        let keys = try leaving.keys(terminal: terminal)
        let id = found["id"]?.string ?? container
        let task = try daemon.call("tasks.get", ["container": .string(id)])
        try Foreground(
            daemon: daemon, container: id, input: input, removes: found["autoRemove"]?.bool ?? false, isNew: false,
            terminal: terminal, keys: keys,
            // Docker's, too, passes signals on only where control keys cannot be typed.
            signalProxy: signalProxy && !terminal
        ).join(task["socket"]?.string ?? "")
    }
}
