import ArgumentParser
import GantryModel
import GantryWire

/// `gantry create`: all of `run` but the running.
struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a container from an image, without starting it.",
        discussion: """
            Prints the container's id.

            EXAMPLE
              gantry create --name job busybox echo hello
              gantry start -a job
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var pulling: PullOptions
    @OptionGroup var options: ContainerOptions

    func run() throws {
        let request = try options.request(failure: 1)
        try Console.line(try pulling.create(request, try connection.connect()))
    }

    /// Creates the container, tells the daemon's warnings, and gives the id.
    static func create(_ request: JSONObject, _ daemon: Daemon) throws(GantryError) -> String {
        let created = try daemon.call("containers.create", request)
        for warning in created["warnings"]?.array ?? [] {
            Console.error("WARNING: \(warning.string ?? warning.text)")
        }
        return created["id"]?.string ?? ""
    }
}
