import ArgumentParser
import GantryWire

/// `gantry tag`.
struct Tag: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag",
        abstract: "Give an image another name.",
        discussion: """
            EXAMPLE
              gantry tag busybox example.org/tools/busybox:1.37
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("The image, by name or id.", valueName: "source"))
    var source: String

    @Argument(help: ArgumentHelp("The new name.", valueName: "name[:tag]"))
    var target: String

    func run() throws {
        _ = try connection.connect().call("images.tag", ["source": .string(source), "target": .string(target)])
    }
}
