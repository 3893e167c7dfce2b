import ArgumentParser
import GantryWire

/// `gantry snapshot info`.
struct SnapshotInfo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Show all that is known of a snapshot, as JSON.",
        discussion: """
            EXAMPLE
              gantry snapshot info 1a2b3c4d5e6f
            """, aliases: ["inspect"])

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var snapshotter: SnapshotterOption

    @Argument(help: "The key, or its beginning.")
    var key: String

    func run() throws { try Console.line(try snapshotter.find(key, connection.connect()).pretty()) }
}
