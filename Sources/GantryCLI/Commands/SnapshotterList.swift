import ArgumentParser
import GantryWire

/// `gantry snapshotter ls`.
struct SnapshotterList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List the snapshotters, and which one new containers get.",
        discussion: """
            DEFAULT is '*' for the configuration's choice, and '* (chosen)' for that of 'gantry snapshotter use'.
            Fields of --format: .Name .Default .State .Snapshots .Containers .Capabilities .Reason.

            EXAMPLE
              gantry snapshotter ls --format '{{.Name}} {{.State}}'
            """, aliases: ["list"])

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: ArgumentHelp("'json', 'table', 'table TEMPLATE' or a template, {{.Field}}.", valueName: "format"))
    var format: String?

    static let listing = Listing(
        headings: [
            ("Capabilities", "CAPABILITIES"), ("Containers", "CONTAINERS"), ("Default", "DEFAULT"), ("Name", "NAME"),
            ("Reason", "REASON"), ("Snapshots", "SNAPSHOTS"), ("State", "STATE"),
        ],
        columns: ["Name", "Default", "State", "Snapshots", "Containers", "Reason"])

    func run() throws {
        let format = try ListingFormat(format)
        let answer = try connection.connect().call("snapshotters.list", [:])
        try Console.out(try Self.listing.text((answer["snapshotters"]?.array ?? []).map(Self.row), format))
    }

    static func row(_ found: JSON) -> JSON {
        let isDefault = found["default"]?.bool == true
        let words = (found["capabilities"]?.array ?? []).compactMap(\.string).joined(separator: ",")
        return [
            "Capabilities": .string(words), "Containers": found["containers"] ?? 0,
            "Default": .string(isDefault ? found["chosen"]?.bool == true ? "* (chosen)" : "*" : ""),
            "Name": found["name"] ?? "", "Reason": found["reason"] ?? "", "Snapshots": found["snapshots"] ?? 0,
            "State": found["state"] ?? "",
        ]
    }
}
