import ArgumentParser
import GantryClient
import GantryModel
import GantryWire

/// `gantry stop`.
struct Stop: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop running containers.",
        discussion: """
            Sends the container's stop signal (SIGTERM, if the image names none), and kills it when it still runs \
            after the time-out. Several containers are stopped at once.

            EXAMPLE
              gantry stop -t 2 web db
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Option(
        name: [.customShort("t"), .customLong("timeout"), .customLong("time")], parsing: .unconditional,
        help: ArgumentHelp("Seconds to wait before a kill; -1 waits a day.", valueName: "seconds"))
    var timeout: Int?

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "container"))
    var containers: [String]

    func run() throws {
        let daemon = try connection.connect()
        let requests = containers.map { name in
            var request: JSONObject = ["container": .string(name)]
            // The daemon knows no "for ever"; its longest wait, a day, is near enough.
            if let timeout { request["timeout"] = .int(timeout < 0 ? 86_400 : Int64(timeout)) }
            return request
        }
        var failed = false
        var done = 0
        var again = false
        while done < requests.count {
            do {
                try daemon.client.call("containers.stop", each: Array(requests[done...])) { _, result in
                    let name = containers[done]
                    switch result {
                    case .failure(let error) where error.isDaemonAway: throw error
                    // Stopped by the first call, and removed by itself.
                    case .failure(let error) where again && error.code == .notFound: try Console.line(name)
                    case .failure(let error):
                        Console.error("Error: \(error.description)")
                        failed = true
                    case .success: try Console.line(name)
                    }
                    done += 1
                }
            } catch let error as GantryError where error.isDaemonAway {
                // Stopping what has stopped already does nothing.
                guard daemon.reconnect() else { throw error }
                again = true
            }
        }
        if failed { throw Failure.silent(1) }
    }
}
