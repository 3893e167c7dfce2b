import ArgumentParser

/// `gantry stop`.
struct Stop: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop running containers.",
        discussion: """
            Sends the container's stop signal (SIGTERM, if the image names none), and kills it when it still runs \
            after the time-out. Several containers are stopped at once.

            EXAMPLE
              gantry stop -t 2 web db
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @OptionGroup var end: StopOptions

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "container"))
    var containers: [String]

    func run() throws { try end.run("containers.stop", containers, try connection.connect(), repeats: true) }
}
