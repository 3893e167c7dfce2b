import ArgumentParser
import GantryModel
import GantrySystem
import GantryWire

/// `gantry wait`.
struct Wait: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until containers have exited, and print their exit codes.",
        discussion: """
            EXAMPLE
              gantry wait job
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "container"))
    var containers: [String]

    func run() throws {
        let began = Clock.realtime
        let daemon = try connection.connect()
        try EachName.run(containers) { name in
            let id = JSON.string(try Self.id(name, daemon))
            let result = try daemon.callPersistently(
                "containers.wait", ["container": id, "since": .int(began)], seconds: 30)
            try Console.line("\(result["exitCode"]?.int ?? 0)")
        }
    }

    /// Its full id: the name may be another's, or nobody's, when the daemon comes back from a restart. Of a container
    /// that has been removed the daemon still knows how it ended, but by nothing else.
    private static func id(_ name: String, _ daemon: Daemon) throws(GantryError) -> String {
        do throws(GantryError) {
            return try daemon.call("containers.get", ["container": .string(name)])["id"]?.string ?? name
        } catch {
            if error.code != .notFound { throw error }
            return name
        }
    }
}
