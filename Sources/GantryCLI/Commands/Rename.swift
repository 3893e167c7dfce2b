import ArgumentParser
import GantryWire

/// `gantry rename`.
struct Rename: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Give a container another name.",
        discussion: """
            EXAMPLE
              gantry rename web web-old
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Argument(help: "Name or id.")
    var container: String

    @Argument(help: ArgumentHelp("Its new name.", valueName: "name"))
    var name: String

    func run() throws {
        _ = try connection.connect().call(
            "containers.rename", ["container": .string(container), "name": .string(name)])
    }
}
