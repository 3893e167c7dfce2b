import ArgumentParser
import GantryWire

/// `gantry version`.
struct ShowVersion: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Show the versions of this program and of the daemon.",
        discussion: """
            EXAMPLE
              gantry version
              gantry version -f '{{.Server.Version}}'
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: ArgumentHelp("'json' or a template, {{.Field}}.", valueName: "format"))
    var format: String?

    func run() throws {
        let format: ObjectFormat? = try format.flatMap { text in text.isEmpty ? nil : try ObjectFormat(text) }
        let client: JSON = [
            "Version": .string(Version.number), "Os": "linux", "Arch": .string(Version.architecture),
        ]
        // Without a daemon, its half is missing and that is an error; ours is shown all the same.
        var server: JSON?
        var failure: (any Error)?
        do { server = Self.docker(try connection.connect().call("system.version", [:])) } catch { failure = error }
        if let format {
            if let failure { throw failure }
            return try Console.line(try format.text(["Client": client, "Server": server ?? .null]))
        }
        try Console.out(Self.text("Client", client) + (server.map { "\n" + Self.text("Server", $0) } ?? ""))
        if let failure { throw failure }
    }

    /// The daemon's answer with docker's names.
    static func docker(_ version: JSON) -> JSON {
        var object: JSONObject = [:]
        for (ours, docker) in [
            ("version", "Version"), ("protocol", "ApiVersion"), ("gitCommit", "GitCommit"), ("os", "Os"),
            ("arch", "Arch"), ("kernel", "KernelVersion"), ("swift", "SwiftVersion"),
        ] { object[docker] = version[ours] }
        object["Components"] = .array(
            (version["components"]?.array ?? []).map { component in
                ["Name": component["name"] ?? "", "Version": component["version"] ?? ""]
            })
        return .object(object)
    }

    private static func text(_ title: String, _ side: JSON) -> String {
        var text = title + ":\n"
        for (key, label) in [
            ("Version", "Version"), ("ApiVersion", "Protocol"), ("SwiftVersion", "Swift"), ("GitCommit", "Git commit"),
        ] {
            if let value = side[key] { text += line(label, value.templateText) }
        }
        text += line("OS/Arch", "\(side["Os"]?.templateText ?? "")/\(side["Arch"]?.templateText ?? "")")
        if let kernel = side["KernelVersion"] { text += line("Kernel", kernel.templateText) }
        for component in side["Components"]?.array ?? [] {
            text += line(component["Name"]?.templateText ?? "", component["Version"]?.templateText ?? "")
        }
        return text
    }

    private static func line(_ label: String, _ value: String) -> String {
        " \(label):" + String(repeating: " ", count: max(1, 17 - label.count)) + value + "\n"
    }
}
