import ArgumentParser
import GantryClient
import GantryModel
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

    @Option(help: ArgumentHelp("Go on from this checkpoint instead of the beginning.", valueName: "name"))
    var checkpoint: String?

    @OptionGroup var leaving: DetachOption

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "container"))
    var containers: [String]

    func run() throws {
        _ = try leaving.keys(terminal: false)
        let daemon = try connection.connect()
        guard checkpoint == nil || containers.count == 1 && !attach && !interactive else {
            throw Failure(
                "start: --checkpoint takes one container, and neither -a nor -i; 'attach' joins it afterwards")
        }
        guard attach || interactive else {
            return try EachName.run(containers) { name in
                try start(name, daemon)
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
            keys: try leaving.keys(terminal: terminal),
            // Docker's, too, passes signals on only where control keys cannot be typed.
            signalProxy: !terminal
        ).run()
    }

    /// A container that runs already is started, as docker has it. That is also what a daemon that went away before it
    /// answered may have left.
    private func start(_ name: String, _ daemon: Daemon) throws(GantryError) {
        let request: JSONObject = ["container": .string(name)]
        var wanted = request
        if let checkpoint { wanted["checkpoint"] = .string(checkpoint) }
        do throws(GantryError) {
            try daemon.call("tasks.start", wanted)
        } catch {
            let isAway = error.isDaemonAway && daemon.reconnect()
            guard isAway || error.code == .failedPrecondition && checkpoint == nil,
                try daemon.call("containers.get", request).runs
            else {
                throw error
            }
        }
    }
}

extension JSON {
    /// Of a container's summary: whether it runs. One that is paused does not, and says so when it is started.
    fileprivate var runs: Bool { self["state"]?.string == "running" }
}
