import ArgumentParser
import GantryWire

/// `gantry top`.
struct Top: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "List the processes of a container.",
        discussion: """
            Process ids are the machine's. Options of ps(1) follow the container; they must show the column PID.

            EXAMPLE
              gantry top web
              gantry top web -o pid,rss,cmd
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Argument(help: "Name or id.")
    var container: String

    @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("Options of ps.", valueName: "ps options"))
    var options: [String] = []

    func run() throws {
        var request: JSONObject = ["container": .string(container)]
        if !options.isEmpty { request["psArguments"] = .array(options.map { .string($0) }) }
        let answer = try connection.connect().call("containers.top", request)
        var table = Table()
        table.add((answer["titles"]?.array ?? []).compactMap(\.string))
        for process in answer["processes"]?.array ?? [] { table.add((process.array ?? []).compactMap(\.string)) }
        try Console.out(table.text)
    }
}
