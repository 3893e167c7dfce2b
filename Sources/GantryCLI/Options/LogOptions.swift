import ArgumentParser
import GantryWire

/// The options of `run` and `create` about where a container's output is kept.
struct LogOptions: ParsableArguments {
    @Option(
        name: .customLong("log-driver"), parsing: .unconditional,
        help: ArgumentHelp("json-file (the default), journald or none.", valueName: "driver"))
    var driver: String?

    @Option(
        name: .customLong("log-opt"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Option of the driver, such as max-size=10m.", valueName: "name=value"))
    var options: [String] = []

    /// Adds what was asked for to the parameters of `containers.create`.
    ///
    /// - Throws: a `Failure` about an option without a value.
    func add(to request: inout JSONObject) throws(Failure) {
        if let driver { request["logDriver"] = .string(driver) }
        if options.isEmpty { return }
        var words = JSONObject()
        for option in options {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw Failure("--log-opt '\(option)' is not NAME=VALUE, such as max-size=10m")
            }
            words[String(parts[0])] = .string(String(parts[1]))
        }
        request["logOptions"] = .object(words)
    }
}
