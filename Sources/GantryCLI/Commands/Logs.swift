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
            What it wrote to standard error is written to standard error.

            EXAMPLE
              gantry logs --tail 20 web
              gantry logs -f web
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

    @Argument(help: ArgumentHelp("Name or id.", valueName: "container"))
    var container: String

    func run() throws {
        var request: JSONObject = ["container": .string(container)]
        if tail != "all" {
            guard let lines = Int64(tail) else { throw Failure("logs: --tail takes a number or 'all', not '\(tail)'") }
            // Docker reads every negative number as "all".
            request["tail"] = .int(max(-1, lines))
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
