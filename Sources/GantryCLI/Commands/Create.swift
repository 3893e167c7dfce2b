import ArgumentParser
import GantryClient
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
        try Console.line(
            try pulling.supply.create(request, try connection.connect(), file: options.cidfile, failure: 1))
    }

    /// Creates the container, tells the daemon's warnings, and gives the id.
    ///
    /// The id is drawn here: when the daemon goes away before it has answered, it tells whether there is a container.
    static func create(_ request: JSONObject, _ daemon: Daemon) throws(GantryError) -> String {
        var generator = SystemRandomNumberGenerator()
        let id = ContainerID(using: &generator).text
        var request = request
        request["id"] = .string(id)
        while true {
            do throws(GantryError) {
                let created = try daemon.call("containers.create", request)
                for warning in created["warnings"]?.array ?? [] {
                    Console.error("WARNING: \(warning.string ?? warning.text)")
                }
                return created["id"]?.string ?? id
            } catch {
                guard error.isDaemonAway, daemon.reconnect() else { throw error }
            }
            if try exists(id, daemon) { return id }
        }
    }

    private static func exists(_ id: String, _ daemon: Daemon) throws(GantryError) -> Bool {
        do throws(GantryError) {
            try daemon.call("containers.get", ["container": .string(id)])
            return true
        } catch {
            if error.code != .notFound { throw error }
            return false
        }
    }
}
