import ArgumentParser
import GantryWire

/// `gantry wait`.
struct Wait: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until containers have exited, and print their exit codes.",
        discussion: """
            EXAMPLE
              gantry wait job
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "container"))
    var containers: [String]

    func run() throws {
        let daemon = try connection.connect()
        try EachName.run(containers) { name in
            let result = try daemon.call("containers.wait", ["container": .string(name)])
            try Console.line("\(result["exitCode"]?.int ?? 0)")
        }
    }
}
