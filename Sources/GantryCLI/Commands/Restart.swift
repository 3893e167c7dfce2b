import ArgumentParser
import GantryWire

/// `gantry restart`.
struct Restart: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Stop containers, when they run, and start them again.",
        discussion: """
            Several containers are restarted at once.

            EXAMPLE
              gantry restart -t 2 web db
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var end: StopOptions

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "container"))
    var containers: [String]

    func run() throws { try end.run("containers.restart", containers, try connection.connect(), repeats: false) }
}
