import ArgumentParser
import GantryClient
import GantryModel
import GantrySystem
import GantryWire

/// `gantry logs`.
struct Logs: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print what a container wrote.",
        discussion: """
            What it wrote to standard error is written to standard error. --since and --until take a time (RFC 3339, \
            UTC where no offset is given), seconds since 1970, or a length of time ago, like 10m or 1h30m.

            EXAMPLE
              gantry logs --tail 20 web
              gantry logs -f web
              gantry logs -t --since 10m --until 2026-01-31T12:00:00Z web
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Flag(name: .shortAndLong, help: "Go on until the container exits.")
    var follow = false

    @Option(
        name: [.customShort("n"), .customLong("tail")], parsing: .unconditional,
        help: ArgumentHelp("Only the last lines, or all.", valueName: "lines"))
    var tail = "all"

    @Flag(name: .shortAndLong, help: "Begin each line with its time.")
    var timestamps = false

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Nothing that was written earlier.", valueName: "time"))
    var since: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Nothing that was written later.", valueName: "time"))
    var until: String?

    @Argument(help: ArgumentHelp("Name or id.", valueName: "container"))
    var container: String

    func run() throws {
        var request: JSONObject = ["container": .string(container)]
        if tail != "all" {
            guard let lines = Int64(tail) else { throw Failure("logs: --tail takes a number or 'all', not '\(tail)'") }
            // Docker reads every negative number as "all".
            request["tail"] = .int(max(-1, lines))
        }
        request["since"] = try since.map { (text) throws(Failure) in
            try MomentOption.request(text, of: "logs", option: "--since")
        }
        request["until"] = try until.map { (text) throws(Failure) in
            try MomentOption.request(text, of: "logs", option: "--until")
        }
        if follow { request["follow"] = true }
        if timestamps { request["timestamps"] = true }
        try read(request, try connection.connect())
    }

    /// Reads to the end, going on where it was when the daemon is restarted meanwhile.
    private func read(_ wanted: JSONObject, _ daemon: Daemon) throws {
        var request = wanted
        request["positions"] = true
        var copy = StdioCopy()
        while true {
            do {
                try daemon.client.bulk("containers.logs", request) { socket in try copy.run(from: socket) }
                return try copy.finish()
            } catch let error as GantryError where error.isDaemonAway {
                guard daemon.reconnect(until: Clock.monotonic + Self.patience) else { throw error }
            }
            // Before the first position nothing was written, and the beginning is still to be found.
            if let position = copy.position { request["position"] = .string(position) }
        }
    }

    /// How long a daemon may take to come back, in nanoseconds.
    private static let patience: Int64 = 30_000_000_000
}
