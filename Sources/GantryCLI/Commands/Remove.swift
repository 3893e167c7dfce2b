import ArgumentParser
import GantryModel
import GantryWire

/// `gantry rm`.
struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove containers.",
        discussion: """
            A running container is removed only with -f, which kills it.

            EXAMPLE
              gantry rm job
              gantry rm -f $(gantry ps -aq)
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Flag(name: .shortAndLong, help: "Kill it if it runs; do not mind if it is not there.")
    var force = false

    @Flag(name: .shortAndLong, help: "Remove its anonymous volumes as well.")
    var volumes = false

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "container"))
    var containers: [String]

    func run() throws {
        let daemon = try connection.connect()
        try EachName.run(containers) { name in
            var request: JSONObject = ["container": .string(name)]
            if force { request["force"] = true }
            if volumes { request["volumes"] = true }
            do {
                _ = try daemon.call("containers.remove", request)
            } catch let error as GantryError where daemon.wasAway && error.code == .notFound {
                // It was there when the daemon went away, or nobody would have to remove it twice.
            } catch let error as GantryError where force && error.code == .notFound {
                // Docker says so too, and counts it as done.
                return Console.error("Error: \(error.description)")
            }
            try Console.line(name)
        }
    }
}
