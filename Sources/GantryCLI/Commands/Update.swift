import ArgumentParser
import GantryWire

/// `gantry update`.
struct Update: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Give containers other limits, whether they run or not.",
        discussion: """
            What is not named stays as it is. 0 takes a limit away.

            EXAMPLE
              gantry update -m 256m --cpus 0.5 web
              gantry update --pids-limit -1 web db
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup(title: "Limits") var limits: ResourceOptions

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "container"))
    var containers: [String]

    func run() throws {
        var request = JSONObject()
        try limits.add(to: &request)
        guard !request.isEmpty else { throw Failure("update: name at least one limit, such as --memory 256m") }
        let daemon = try connection.connect()
        try EachName.run(containers) { name in
            request["container"] = .string(name)
            let answer = try daemon.call("containers.update", request)
            for warning in (answer["warnings"]?.array ?? []).compactMap(\.string) {
                Console.error("WARNING: \(warning)")
            }
            try Console.line(name)
        }
    }
}
