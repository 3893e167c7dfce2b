import ArgumentParser
import GantryWire

/// `gantry snapshot diff`.
struct SnapshotDiff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "List what a snapshot changed in its parent, or has different from another.",
        discussion: """
            A added, C changed, D deleted.

            EXAMPLE
              gantry snapshot diff 1a2b3c4d5e6f
              gantry snapshot diff 1a2b3c4d5e6f 0a1b2c3d4e5f
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var snapshotter: SnapshotterOption

    @Argument(help: "The key, or its beginning.")
    var key: String

    @Argument(help: "What to compare with, instead of the parent; of the same snapshotter.")
    var other: String?

    func run() throws {
        let daemon = try connection.connect()
        let found = try snapshotter.find(key, daemon)
        var request: JSONObject = [:]
        request["key"] = found["name"]
        request["driver"] = found["driver"]
        if let other {
            var place: JSONObject = ["key": .string(other)]
            place["driver"] = found["driver"]
            request["other"] = try daemon.call("snapshots.inspect", place)["name"]
        }
        let answer = try daemon.call("snapshots.diff", request)
        for change in answer["changes"]?.array ?? [] {
            try Console.line("\(change["kind"]?.string ?? "") \(change["path"]?.string ?? "")")
        }
    }
}
