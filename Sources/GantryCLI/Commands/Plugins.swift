import ArgumentParser
import GantryWire

/// `gantry plugins`.
struct Plugins: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugins",
        abstract: "List the daemon's plugins, and why one is not ready.",
        discussion: """
            Fields of --format: .Kind .Name .State .Reason .Requires .Capabilities.

            EXAMPLE
              gantry plugins
              gantry plugins --format '{{.Kind}}/{{.Name}} {{.State}}'
            """)

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
