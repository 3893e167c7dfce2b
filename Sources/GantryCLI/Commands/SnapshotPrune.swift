import ArgumentParser
import GantryWire

/// `gantry snapshot prune`.
struct SnapshotPrune: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove all snapshots that nothing uses.",
        discussion: """
            Asks first, unless -f is given. Without -a only committed ones: an active one or a view that nothing holds may \
            be what another program works with.

            EXAMPLE
              gantry snapshot prune -f
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var snapshotter: SnapshotterOption

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var force = false

    @Flag(name: .shortAndLong, help: "Also active ones and views that nothing holds.")
    var all = false

    func run() throws {
        let daemon = try connection.connect()
        guard try force || Prune.confirmed("WARNING! This will remove all snapshots that nothing uses.") else {
            return try Console.line("Total reclaimed space: 0B")
        }
        var request: JSONObject = [:]
        request["driver"] = snapshotter.snapshotter.map { .string($0) }
        if all { request["active"] = true }
        let answer = try daemon.call("snapshots.prune", request)
        let deleted = (answer["deleted"]?.array ?? []).compactMap { $0["name"]?.string }
        if !deleted.isEmpty {
            try Console.out("Deleted Snapshots:\n" + deleted.map { $0 + "\n" }.joined() + "\n")
        }
        try Console.line("Total reclaimed space: \(HumanSize(bytes: answer["spaceReclaimed"]?.int ?? 0))")
    }
}
