import ArgumentParser
import GantryModel
import GantrySystem
import GantryWire

/// `gantry container prune`: the rewriter makes one word of the two.
struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "container-prune",
        abstract: "Remove all containers that do not run.",
        discussion: """
            Asks first, unless -f is given. Filters: until=TIME (made before a time, or a length of time ago: 24h), \
            label=KEY[=VALUE], label!=KEY[=VALUE].

            EXAMPLE
              gantry container prune
              gantry container prune -f --filter until=24h
            """,
        shouldDisplay: false)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var force = false

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Only those that fit: until=TIME, label=KEY[=VALUE], label!=….", valueName: "filter"))
    var filter: [String] = []

    func run() throws {
        var request = JSONObject()
        request["filters"] = try FilterOption.request(filter, of: "container prune")
        let daemon = try connection.connect()
        guard try force || Self.confirmed("WARNING! This will remove all stopped containers.") else {
            return try Console.line("Total reclaimed space: 0B")
        }
        let answer = try daemon.call("containers.prune", request)
        let deleted = (answer["deleted"]?.array ?? []).compactMap(\.string)
        if !deleted.isEmpty {
            try Console.out("Deleted Containers:\n" + deleted.map { $0 + "\n" }.joined() + "\n")
        }
        try Console.line("Total reclaimed space: \(HumanSize(bytes: answer["spaceReclaimed"]?.int ?? 0))")
    }

    /// Whether the user says yes. The end of input is a no.
    static func confirmed(_ warning: String) throws(Failure) -> Bool {
        try Console.out("\(warning)\nAre you sure you want to continue? [y/N] ")
        var line = [UInt8]()
        var byte: [UInt8] = [0]
        while let count = try? File.readChunk(0, &byte), count == 1, byte[0] != UInt8(ascii: "\n"), line.count < 80 {
            line.append(byte[0])
        }
        let answer = String(decoding: line, as: UTF8.self).filter { !$0.isWhitespace }.lowercased()
        return answer == "y" || answer == "yes"
    }
}
