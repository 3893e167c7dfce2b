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
            Filters: id, name (a part, or a regular expression), label=KEY[=VALUE], status, exited=CODE, \
            ancestor=IMAGE, before=CONTAINER, since=CONTAINER, volume=NAME|PATH. Fields of --format: .ID .Image .Command \
            .CreatedAt .RunningFor .State .Status .Names .Labels .Mounts .LocalVolumes .Networks .Ports .Size, and \
            .Label "key".

            EXAMPLE
              gantry ps -a
              gantry ps --format 'table {{.Names}}\\t{{.Status}}'
              gantry rm $(gantry ps -aq --filter status=exited)
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

    @Flag(name: .shortAndLong, help: "Also how much each has written.")
    var size = false

    @Option(
        name: .shortAndLong, parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Only those that fit, like status=exited.", valueName: "filter"))
    var filter: [String] = []

    @OptionGroup var form: ListingOptions

    func run() throws {
        let format = try form.parsed()
        var request = JSONObject()
        if all { request["all"] = true }
        // Docker reads every negative number as "no limit".
        if let limit = latest ? 1 : last, limit >= 0 { request["limit"] = .int(Int64(limit)) }
        request["filters"] = try FilterOption.request(filter, of: "ps")
        let sizes = !form.quiet && (size || format.asks(for: "Size"))
        if sizes { request["size"] = true }
        let listing = ContainerListing(
            noTrunc: form.noTrunc, ago: Ago(now: Timestamp(nanoseconds: Clock.realtime)))
        let containers = try connection.connect().list("containers.list", request)
        if form.quiet {
            try Console.out(containers.map { listing.id($0) + "\n" }.joined())
        } else {
            let table = ContainerListing.listing(size: size)
            let fields = table.fields(for: format)
            try Console.out(try table.text(containers.map { listing.row($0, fields) }, format))
        }
    }
}
