import ArgumentParser
import GantryClient
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
        try connection.connect().client.bulk("containers.logs", request) { socket in
            try StdioCopy.run(from: socket)
        }
    }
}
