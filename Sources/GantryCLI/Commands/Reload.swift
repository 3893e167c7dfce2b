import ArgumentParser
import GantryWire

/// `gantry reload`.
struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Let the daemon take up its configuration and plugin manifests as they are now.",
        discussion: """
            Containers are not touched. Says which keys count only after a restart of the daemon. SIGHUP does the same. \
            Exit status 1 when the configuration or a manifest is wrong; with a wrong configuration nothing changes.

            EXAMPLE
              gantry reload
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() throws {
        let answer = try connection.connect().call("system.reload", [:])
        let lines = Self.lines(answer)
        for line in lines { try Console.line(line) }
        let faults = (answer["plugins"]?["faults"]?.array ?? []).compactMap(\.string)
        for fault in faults { Console.error("Error: \(fault)") }
        if !faults.isEmpty { throw ExitCode(1) }
    }

    /// What has changed, a line each.
    static func lines(_ answer: JSON) -> [String] {
        func list(_ part: String, _ key: String) -> [String] {
            (answer[part]?[key]?.array ?? []).compactMap(\.string)
        }
        var lines = list("configuration", "changed").map { "\($0): changed" }
        lines += list("configuration", "later").map { "\($0): changed; counts after a restart of gantryd" }
        lines += list("plugins", "added").map { "plugin \($0): added" }
        lines += list("plugins", "changed").map { "plugin \($0): replaced" }
        lines += list("plugins", "removed").map { "plugin \($0): removed" }
        return lines.isEmpty ? ["nothing has changed"] : lines
    }
}
