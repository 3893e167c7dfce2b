import ArgumentParser
import GantryWire

/// `gantry unpause`.
struct Unpause: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpause",
        abstract: "Let the processes of paused containers go on.",
        discussion: """
            EXAMPLE
              gantry unpause web
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "container"))
    var containers: [String]

    func run() throws {
        let daemon = try connection.connect()
        try EachName.run(containers) { name in
            _ = try daemon.call("containers.unpause", ["container": .string(name)])
            try Console.line(name)
        }
    }
}
