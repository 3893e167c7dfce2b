import ArgumentParser
import GantryWire

/// `gantry pause`.
struct Pause: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Stop the clock of all processes in containers.",
        discussion: """
            EXAMPLE
              gantry pause web
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "container"))
    var containers: [String]

    func run() throws {
        let daemon = try connection.connect()
        try EachName.run(containers) { name in
            _ = try daemon.call("containers.pause", ["container": .string(name)])
            try Console.line(name)
        }
    }
}
