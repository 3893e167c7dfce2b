import ArgumentParser
import GantryWire

/// `gantry snapshot rm`.
struct SnapshotRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove snapshots that no image, container or other snapshot needs.",
        discussion: """
            EXAMPLE
              gantry snapshot rm my-work
            """, aliases: ["remove"])

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var snapshotter: SnapshotterOption

    @Argument(help: ArgumentHelp("Keys, or their beginnings.", valueName: "key"))
    var keys: [String]

    func run() throws {
        let daemon = try connection.connect()
        try EachName.run(keys) { key in
            _ = try snapshotter.call("snapshots.remove", key, daemon)
            try Console.line(key)
        }
    }
}
