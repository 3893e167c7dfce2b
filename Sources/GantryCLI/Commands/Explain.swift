import ArgumentParser
import GantryWire

/// `gantry explain`.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say why a container is in the state it is in.",
        discussion: """
            EXAMPLE
              gantry explain web
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Argument(help: "Name or id.")
    var container: String

    func run() throws {
        let answer = try connection.connect().callPersistently("containers.explain", ["container": .string(container)])
        for line in (answer["lines"]?.array ?? []).compactMap(\.string) { try Console.line(line) }
    }
}
