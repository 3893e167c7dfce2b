import ArgumentParser
import GantryWire

/// `gantry info`.
struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Show the state of the daemon and what it found on this machine.",
        discussion: """
            Names the OCI runtime that containers get and why, the kind of cgroups, and which newer features the \
            kernel has.

            EXAMPLE
              gantry info
              gantry info -f '{{.Runtime.name}}: {{.Runtime.reason}}'
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: ArgumentHelp("'json' or a template, {{.Field}}.", valueName: "format"))
    var format: String?

    func run() throws {
        let format: ObjectFormat? = try format.flatMap { text in text.isEmpty ? nil : try ObjectFormat(text) }
        let info = InfoReport(try connection.connect().call("system.info", [:]))
        if let format { return try Console.line(try format.text(info.docker)) }
        try Console.out(info.text)
        for warning in info.warnings { Console.error("WARNING: \(warning)") }
    }
}
