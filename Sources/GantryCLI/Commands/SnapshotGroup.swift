import ArgumentParser
import GantryWire

/// `gantry snapshot …`: the file systems that images and containers are made of.
struct SnapshotGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Look at the snapshots of images and containers.",
        discussion: """
            Every layer of an image is a committed snapshot, and every container has an active one on top of them. Keys \
            may be shortened as ids are, and 'sha256:' may be left off.

            EXAMPLE
              gantry snapshot tree
              gantry snapshot ls --filter kind=active
            """,
        subcommands: [
            SnapshotList.self, SnapshotTree.self, SnapshotUsage.self, SnapshotInfo.self, SnapshotDiff.self,
            SnapshotMounts.self, SnapshotRemove.self, SnapshotPrune.self,
        ])
}

/// Which snapshotter is meant.
struct SnapshotterOption: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only this snapshotter, instead of all that are ready.", valueName: "name"))
    var snapshotter: String?

    /// The parameters of a list.
    var request: JSONObject { snapshotter.map { ["driver": .string($0)] } ?? ["all": true] }

    /// What is known of a snapshot by the beginning of its key.
    func find(_ key: String, _ daemon: Daemon) throws -> JSON {
        var request: JSONObject = ["key": .string(key)]
        request["driver"] = snapshotter.map { .string($0) }
        return try daemon.call("snapshots.inspect", request)
    }

    /// Calls a method with the snapshot that is meant.
    func call(_ method: String, _ key: String, _ daemon: Daemon, _ more: JSONObject = [:]) throws -> JSON {
        let found = try find(key, daemon)
        var request = more
        request["key"] = found["name"]
        request["driver"] = found["driver"]
        return try daemon.call(method, request)
    }
}
