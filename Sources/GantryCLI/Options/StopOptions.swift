import ArgumentParser
import GantryClient
import GantryModel
import GantryWire

/// How `stop` and `restart` end a container.
struct StopOptions: ParsableArguments {
    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: ArgumentHelp("The signal that asks it to end, by name or number.", valueName: "signal"))
    var signal: String?

    @Option(
        name: [.customShort("t"), .customLong("timeout"), .customLong("time")], parsing: .unconditional,
        help: ArgumentHelp("Seconds to wait before a kill; -1 waits for ever.", valueName: "seconds"))
    var timeout: Int?

    /// Calls a method for every container, all at once, prints the names as they are done, and fails at the end when one
    /// has failed.
    ///
    /// With `repeats`, for a method that does nothing the second time, what a daemon that went away has not answered is
    /// called again when it is back.
    func run(_ method: String, _ containers: [String], _ daemon: Daemon, repeats: Bool) throws {
        let requests = containers.map { name in
            var request: JSONObject = ["container": .string(name)]
            request["signal"] = signal.map { .string($0) }
            request["timeout"] = timeout.map { .int(Int64(max(-1, $0))) }
            return request
        }
        var failed = false
        var done = 0
        var again = false
        while done < requests.count {
            do {
                try daemon.client.call(method, each: Array(requests[done...])) { _, result in
                    let name = containers[done]
                    switch result {
                    case .success: try Console.line(name)
                    case .failure(let error) where repeats && error.isDaemonAway: throw error
                    // Stopped by the first call, and removed by itself.
                    case .failure(let error) where again && error.code == .notFound: try Console.line(name)
                    case .failure(let error):
                        Console.error("Error: \(error.description)")
                        failed = true
                    }
                    done += 1
                }
            } catch let error as GantryError where repeats && error.isDaemonAway {
                guard daemon.reconnect() else { throw error }
                again = true
            }
        }
        if failed { throw Failure.silent(1) }
    }
}
