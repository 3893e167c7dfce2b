import ArgumentParser
import GantryWire

/// `gantry snapshot usage`.
struct SnapshotUsage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage", abstract: "Show the space that snapshots take by themselves, and the total.",
        discussion: """
            Without keys, of all snapshots.

            EXAMPLE
              gantry snapshot usage
              gantry snapshot usage 1a2b3c4d5e6f
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var snapshotter: SnapshotterOption

    @Argument(help: ArgumentHelp("Keys, or their beginnings.", valueName: "key"))
    var keys: [String] = []

    func run() throws {
        let daemon = try connection.connect()
        var found: [JSON] = []
        if keys.isEmpty {
            var request = snapshotter.request
            request["usage"] = true
            found = try daemon.list("snapshots.list", request)
        }
        for key in keys { found.append(try snapshotter.find(key, daemon)) }
        var table = Table()
        table.add(["KEY", "SNAPSHOTTER", "SIZE", "INODES"])
        var (bytes, inodes) = (Int64(0), Int64(0))
        for snapshot in found {
            let own = snapshot["usage"]
            let (size, count) = (own?["bytes"]?.int ?? 0, own?["inodes"]?.int ?? 0)
            bytes += size
            inodes += count
            table.add([
                SnapshotListing.short(snapshot["name"]?.string ?? ""), snapshot["driver"]?.string ?? "",
                HumanSize(bytes: size).description, "\(count)",
            ])
        }
        table.add(["TOTAL", "", HumanSize(bytes: bytes).description, "\(inodes)"])
        try Console.out(table.text)
    }
}
