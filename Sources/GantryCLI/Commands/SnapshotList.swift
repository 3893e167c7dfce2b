import ArgumentParser
import GantryModel
import GantrySystem
import GantryWire

/// `gantry snapshot ls`.
struct SnapshotList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List snapshots.",
        discussion: """
            Filters: kind=active|committed|view, parent=KEY, label=KEY[=VALUE], name=PART. Fields of --format: .Key \
            .Parent .Kind .Size .Inodes .CreatedSince .CreatedAt .UsedBy .Snapshotter .Labels.

            EXAMPLE
              gantry snapshot ls --filter kind=active
              gantry snapshot ls --snapshotter native --format '{{.Key}} {{.Size}}'
            """, aliases: ["list"])

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var snapshotter: SnapshotterOption

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Only those that fit.", valueName: "filter"))
    var filter: [String] = []

    @OptionGroup var form: ListingOptions

    func run() throws {
        let format = try form.parsed()
        var request = snapshotter.request
        request["filters"] = try FilterOption.request(filter, of: "snapshot ls")
        if !form.quiet { request["usage"] = true }
        let found = try connection.connect().list("snapshots.list", request)
        let listing = SnapshotListing(noTrunc: form.noTrunc, ago: Ago(now: Timestamp(nanoseconds: Clock.realtime)))
        if form.quiet { return try Console.out(found.map { listing.key($0["name"]) + "\n" }.joined()) }
        try Console.out(try listing.listing.text(found.map(listing.row), format))
    }
}
