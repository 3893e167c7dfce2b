import ArgumentParser
import GantryWire

/// `gantry kill`.
struct Kill: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill",
        abstract: "Send a signal to running containers.",
        discussion: """
            EXAMPLE
              gantry kill web
              gantry kill -s HUP web
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: ArgumentHelp("The signal, by name or number.", valueName: "signal"))
    var signal = "KILL"

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "container"))
    var containers: [String]

    func run() throws {
        let daemon = try connection.connect()
        let signal: JSON = Int64(signal).map { .int($0) } ?? .string(Self.full(signal))
        try EachName.run(containers) { name in
            _ = try daemon.call("tasks.kill", ["container": .string(name), "signal": signal])
            try Console.line(name)
        }
    }

    /// "hup" and "SIGHUP" both are "SIGHUP".
    private static func full(_ name: String) -> String {
        let name = name.uppercased()
        return name.hasPrefix("SIG") ? name : "SIG" + name
    }
}
