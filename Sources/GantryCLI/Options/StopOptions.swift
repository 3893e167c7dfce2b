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
    func run(_ method: String, _ containers: [String], _ daemon: Daemon) throws {
        let requests = containers.map { name in
            var request: JSONObject = ["container": .string(name)]
            request["signal"] = signal.map { .string($0) }
            request["timeout"] = timeout.map { .int(Int64(max(-1, $0))) }
            return request
        }
        var failed = false
        try daemon.client.call(method, each: requests) { index, result in
            switch result {
            case .success: try Console.line(containers[index])
            case .failure(let error):
                Console.error("Error: \(error.description)")
                failed = true
            }
        }
        if failed { throw Failure.silent(1) }
    }
}
