import ArgumentParser
import GantryWire

/// `gantry snapshotter use`.
struct SnapshotterUse: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "use", abstract: "Choose the snapshotter that new containers get.",
        discussion: """
            Counts at once and after a restart of the daemon, until another is chosen. Images are unpacked for it when a \
            container is first made of them; 'gantry snapshotter migrate' moves them beforehand.

            EXAMPLE
              gantry snapshotter use btrfs
              gantry snapshotter use --reset
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Flag(help: "Go back to what the configuration says.")
    var reset = false

    @Argument(help: "The snapshotter.")
    var name: String?

    func validate() throws {
        if reset == (name != nil) {
            throw ValidationError("Name one snapshotter, 'gantry snapshotter use btrfs', or give --reset.")
        }
    }

    func run() throws {
        let answer = try connection.connect().call("snapshotters.use", name.map { ["name": .string($0)] } ?? [:])
        try Console.line(answer["name"]?.string ?? "")
    }
}
