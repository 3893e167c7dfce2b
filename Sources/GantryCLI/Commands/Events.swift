import ArgumentParser
import GantryClient
import GantryModel
import GantrySystem
import GantryWire

/// `gantry events`.
struct Events: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Print what happens, as it happens.",
        discussion: """
            Every event has a number; --since NUMBER goes on behind it without gap or repeat, also over a restart of the \
            daemon. --since and --until also take a time (RFC 3339), a length of time ago (10m), and seconds since 1970 \
            from 1000000000 on; smaller numbers are those of events. The log keeps a bounded number of them.

            Filters: type=container|image|…, event=start|die|oom|…, container=NAME|ID, image=NAME, label=KEY[=VALUE].

            EXAMPLE
              gantry events --since 10m --filter event=die --filter event=oom
              gantry events --since 0 --until 0s --format json
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Option(
        parsing: .unconditional, help: ArgumentHelp("What came after it first.", valueName: "number or time"))
    var since: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("End there.", valueName: "number or time"))
    var until: String?

    @Option(
        name: .shortAndLong, parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Only those that fit, like event=die.", valueName: "filter"))
    var filter: [String] = []

    @Option(parsing: .unconditional, help: ArgumentHelp("'json' or a template, {{.Field}}.", valueName: "format"))
    var format: String?

    func run() throws {
        let format = try format.map { (text) throws(TemplateError) in try ObjectFormat(text) }
        var request = JSONObject()
        request["since"] = try since.map { (text) throws(Failure) in try Self.place(text, option: "--since") }
        request["until"] = try until.map { (text) throws(Failure) in try Self.place(text, option: "--until") }
        request["filters"] = try FilterOption.request(filter, of: "events")
        let daemon = try connection.connect()
        while true {
            do {
                _ = try daemon.client.stream("events.subscribe", request) { event in
                    if let sequence = event["sequence"] { request["since"] = sequence }
                    if event["topic"] == nil { return }
                    try Console.line(try format?.text(EventListing.object(event)) ?? EventListing.line(event))
                }
                return
            } catch let error as GantryError where error.isDaemonAway {
                // From where it was: the numbers go on over a restart.
                guard daemon.reconnect(until: Clock.monotonic + 30_000_000_000) else { throw error }
            }
        }
    }

    /// The number of an event, or a time.
    private static func place(_ text: String, option: String) throws(Failure) -> JSON {
        if let number = Int64(text), (0..<firstSecond).contains(number) { return .int(number) }
        return try MomentOption.request(text, of: "events", option: option)
    }

    /// Whole numbers from here on are seconds since 1970, as docker's; that many events are not reached in centuries.
    private static let firstSecond: Int64 = 1_000_000_000
}
