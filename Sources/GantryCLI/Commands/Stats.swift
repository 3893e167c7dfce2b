import ArgumentParser
import GantrySystem
import GantryWire

/// `gantry stats`.
struct Stats: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show what containers use, again every second.",
        discussion: """
            Without names, all that run. Memory is without the page cache that the kernel would give up first, as docker \
            has it. Fields of --format: .ID .Container .Name .CPUPerc .MemUsage .MemPerc .NetIO .BlockIO .PIDs.

            EXAMPLE
              gantry stats
              gantry stats --no-stream web db
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Flag(name: .shortAndLong, help: "Also containers that do not run.")
    var all = false

    @Flag(name: .customLong("no-stream"), help: "Show it once.")
    var once = false

    @Flag(name: .customLong("no-trunc"), help: "Print ids in full.")
    var noTrunc = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("'json', 'table', 'table TEMPLATE' or a template, {{.Field}}.", valueName: "format"))
    var format: String?

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "container"))
    var containers: [String] = []

    func run() throws {
        let format = try ListingFormat(format)
        let daemon = try connection.connect()
        let listing = StatsListing(noTrunc: noTrunc)
        let isScreen = Terminal.isTerminal(1) && !once
        var before = try sample(daemon)
        Clock.sleep(milliseconds: Self.first)
        while true {
            let now = try sample(daemon)
            let text = try StatsListing.listing.text(listing.rows(now, before: before), format)
            // From the top left, and nothing left of the picture before.
            try Console.out(isScreen ? "\u{1b}[H\u{1b}[J" + text : text)
            if once { return }
            before = now
            Clock.sleep(milliseconds: 1000)
        }
    }

    /// Milliseconds from the first look to the first picture, which shows what was used in between.
    private static let first: Int64 = 500

    private func sample(_ daemon: Daemon) throws -> JSON {
        var request = JSONObject()
        if !containers.isEmpty {
            request["containers"] = .array(containers.map { .string($0) })
        } else if all {
            request["containers"] = .array(
                try daemon.list("containers.list", ["all": true]).compactMap { $0["id"] })
        }
        return try daemon.callPersistently("containers.stats", request)
    }
}
