import ArgumentParser
import GantryModel
import GantrySystem
import GantryWire

/// `gantry ps`.
struct PS: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps",
        abstract: "List containers.",
        discussion: """
            Fields of --format: .ID .Image .Command .CreatedAt .RunningFor .State .Status .Names .Labels .Ports, and \
            .Label "key".

            EXAMPLE
              gantry ps -a
              gantry ps --format 'table {{.Names}}\\t{{.Status}}'
              gantry rm $(gantry ps -aq)
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Flag(name: .shortAndLong, help: "Also those that do not run.")
    var all = false

    @Option(
        name: [.customShort("n"), .customLong("last")], parsing: .unconditional,
        help: ArgumentHelp("The last that were created, whether they run or not.", valueName: "number"))
    var last: Int?

    @Flag(name: .shortAndLong, help: "The last that was created, whether it runs or not.")
    var latest = false

    @OptionGroup var form: ListingOptions

    func run() throws {
        let format = try form.parsed()
        let limit = latest ? 1 : last.flatMap { $0 < 0 ? nil : $0 }
        let request: JSONObject = all || limit != nil ? ["all": true] : [:]
        let listing = ContainerListing(
            noTrunc: form.noTrunc, ago: Ago(now: Timestamp(nanoseconds: Clock.realtime)))
        var containers = try connection.connect().list("containers.list", request)
        if let limit { containers = Array(containers.prefix(limit)) }
        if form.quiet {
            try Console.out(containers.map { listing.id($0) + "\n" }.joined())
        } else {
            try Console.out(try ContainerListing.listing.text(containers.map(listing.row), format))
        }
    }
}
