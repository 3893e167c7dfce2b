import ArgumentParser
import GantryWire

/// `gantry start`.
struct Start: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Start containers that were created or have exited.",
        discussion: """
            With -a, standard output and error are the container's and so is the exit status.

            EXAMPLE
              gantry start web db
              gantry start -a job
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Flag(name: .shortAndLong, help: "Attach standard output and error, and pass signals on.")
    var attach = false

    @Flag(name: .shortAndLong, help: "Attach standard input as well.")
    var interactive = false

    @Option(
        name: .customLong("detach-keys"), parsing: .unconditional,
        help: ArgumentHelp("The keys that leave a terminal's container running.", valueName: "keys"))
    var detachKeys: String?

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "container"))
    var containers: [String]

    func run() throws {
        let daemon = try connection.connect()
        guard attach || interactive else {
            return try EachName.run(containers) { name in
                _ = try daemon.call("tasks.start", ["container": .string(name)])
                try Console.line(name)
            }
        }
        guard containers.count == 1 else {
            throw Failure("start: only one container can be attached to at a time")
        }
        let container = try daemon.call("containers.get", ["container": .string(containers[0])])
        let terminal = container["tty"]?.bool ?? false
        try UserTerminal.check(terminal: terminal, input: interactive)
        try Foreground(
            daemon: daemon, container: container["id"]?.string ?? containers[0], input: interactive,
            removes: container["autoRemove"]?.bool ?? false, isNew: false, terminal: terminal,
            keys: try detachKeys.map { (text) throws(Failure) in try DetachKeys(text) } ?? .standard
        ).run()
    }
}
