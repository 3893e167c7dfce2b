import ArgumentParser
import GantryWire

/// `gantry snapshot tree`.
struct SnapshotTree: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tree", abstract: "Draw which snapshot stands on which, with the images and containers.",
        discussion: """
            EXAMPLE
              gantry snapshot tree --snapshotter overlayfs
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var snapshotter: SnapshotterOption

    @Flag(name: .customLong("no-trunc"), help: "Print keys in full.")
    var noTrunc = false

    func run() throws {
        var request = snapshotter.request
        request["usage"] = true
        let found = try connection.connect().list("snapshots.list", request)
        try Console.out(SnapshotForest(found, noTrunc: noTrunc).text)
    }
}
