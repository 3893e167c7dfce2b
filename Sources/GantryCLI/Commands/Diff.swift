import ArgumentParser
import GantryWire

/// `gantry diff`.
struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "List what a container changed in the files of its image.",
        discussion: """
            A added, C changed, D deleted. Volumes and other mounts are not part of it, nor places made to mount on.

            EXAMPLE
              gantry diff web
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Argument(help: "Name or id.")
    var container: String

    func run() throws {
        let answer = try connection.connect().call("containers.diff", ["container": .string(container)])
        for change in answer["changes"]?.array ?? [] {
            try Console.line("\(change["kind"]?.string ?? "") \(change["path"]?.string ?? "")")
        }
    }
}
