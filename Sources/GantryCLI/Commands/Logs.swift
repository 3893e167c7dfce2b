import ArgumentParser
import GantryClient
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
        try connection.connect().client.bulk("containers.logs", request) { socket in
            try StdioCopy.run(from: socket)
        }
    }
}
