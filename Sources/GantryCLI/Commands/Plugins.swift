import ArgumentParser
import GantryWire

/// `gantry plugins`.
struct Plugins: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugins",
        abstract: "List the daemon's plugins, and why one is not ready.",
        discussion: """
            STATE is ready, skipped (it cannot work on this machine), starting, failed, or quarantined: it does not answer, \
            and calls fail at once until it does again.
            Fields of --format: .Kind .Name .State .Reason .Requires .Capabilities.

            EXAMPLE
              gantry plugins
              gantry plugins --format '{{.Kind}}/{{.Name}} {{.State}}'
              gantry plugins inspect snapshotter.v1/overlayfs
            """,
        subcommands: [PluginsInspect.self])

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: ArgumentHelp("'json', 'table', 'table TEMPLATE' or a template, {{.Field}}.", valueName: "format"))
    var format: String?

    static let listing = Listing(
        headings: [
            ("Capabilities", "CAPABILITIES"), ("Kind", "KIND"), ("Name", "NAME"), ("Reason", "REASON"),
            ("Requires", "REQUIRES"), ("State", "STATE"),
        ],
        columns: ["Kind", "Name", "State", "Reason"])

    func run() throws {
        let format = try ListingFormat(format)
        let answer = try connection.connect().call("system.plugins", [:])
        try Console.out(try Self.listing.text((answer["plugins"]?.array ?? []).map(Self.row), format))
    }

    static func row(_ plugin: JSON) -> JSON {
        func list(_ key: String) -> JSON {
            .string((plugin[key]?.array ?? []).compactMap(\.string).joined(separator: ","))
        }
        return [
            "Capabilities": list("capabilities"), "Kind": plugin["kind"] ?? "", "Name": plugin["name"] ?? "",
            "Reason": plugin["reason"] ?? "", "Requires": list("requires"), "State": plugin["state"] ?? "",
        ]
    }
}

/// `gantry plugins inspect`.
struct PluginsInspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show everything that is known of one plugin, as JSON.",
        discussion: """
            EXAMPLE
              gantry plugins inspect snapshotter.v1/overlayfs
              gantry plugins inspect dirsnap
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Argument(help: "KIND/NAME, or the name alone.")
    var id: String

    func run() throws {
        let answer = try connection.connect().call("system.plugin", ["id": .string(id)])
        try Console.line(answer.pretty())
    }
}
