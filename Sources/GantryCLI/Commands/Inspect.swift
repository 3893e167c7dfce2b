import ArgumentParser
import GantryModel
import GantryWire

/// `gantry inspect`.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show all there is to know about containers and images.",
        discussion: """
            Prints a JSON list in docker's shape; what does not exist in Gantry is left out. A template takes field \
            paths, json, index, join, upper and lower; there is no range: {{json .}} and jq do that.

            EXAMPLE
              gantry inspect web
              gantry inspect -f '{{.State.Pid}}' web
              gantry inspect -f '{{json .Config.Env}}' busybox
            """)

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case container, image
    }

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: ArgumentHelp("'json' or a template, {{.Field}}.", valueName: "format"))
    var format: String?

    @Option(help: ArgumentHelp("Only look among these.", valueName: "container|image"))
    var type: Kind?

    @Argument(help: ArgumentHelp("Names or ids of containers and images.", valueName: "name"))
    var names: [String]

    func run() throws {
        let format: ObjectFormat? = try format.flatMap { text in text.isEmpty ? nil : try ObjectFormat(text) }
        let daemon = try connection.connect()
        var found: [JSON] = []
        var refused: Failure?
        do {
            try EachName.run(names) { name in
                let object = try find(name, daemon)
                if let format { try Console.line(try format.text(object)) } else { found.append(object) }
            }
        } catch let failure as Failure {
            refused = failure
        }
        if format == nil { try Console.line(JSON.array(found).pretty()) }
        if let refused { throw refused }
    }

    private func find(_ name: String, _ daemon: Daemon) throws(GantryError) -> JSON {
        if type != .image {
            do throws(GantryError) {
                return try daemon.call("containers.inspect", ["container": .string(name)])
            } catch  where error.code == .notFound && type == nil {
                // It may be an image.
            }
        }
        do throws(GantryError) {
            return try daemon.call("images.inspect", ["image": .string(name)])
        } catch  where error.code == .notFound && type == nil {
            throw GantryError(.notFound, "inspect '\(name)': no such container or image")
        }
    }
}
