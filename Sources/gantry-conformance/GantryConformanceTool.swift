import ArgumentParser
import GantryConformance
import GantryModel
import GantryRemote
import GantrySystem

/// `gantry conformance` is this program: the suites would make every other command slower to start.
@main
struct GantryConformanceTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gantry conformance",
        abstract: "Check whether a snapshotter plugin, or a content store, behaves as its contract says.",
        discussion: """
            The checks are those of Gantry's own tests. Exit status: 0 when all passed, 1 when one failed.

            EXAMPLE
              sudo gantry conformance snapshotter --socket /run/dirsnap.sock
              sudo gantry conformance content --root /mnt/new-file-system
            """,
        subcommands: [SnapshotterCheck.self, ContentCheck.self])
}

/// What both checks print.
struct Printing {
    private var counts = (passed: 0, failed: 0, skipped: 0)

    mutating func line(_ line: Conformance.Line) {
        switch line.outcome {
        case .passed:
            counts.passed += 1
            put("ok    \(line.name) (\(line.milliseconds) ms)")
        case .failed(let reason):
            counts.failed += 1
            put("FAIL  \(line.name)\n      \(reason)")
        case .skipped(let reason):
            counts.skipped += 1
            put("skip  \(line.name)\n      \(reason)")
        }
    }

    /// The last line, and the exit status.
    func finish() throws {
        let all = counts.passed + counts.failed + counts.skipped
        put("\(all) checks: \(counts.passed) passed, \(counts.failed) failed, \(counts.skipped) skipped")
        guard all > 0 else { throw ValidationError("No check has such a name.") }
        if counts.failed > 0 { throw ExitCode(1) }
    }

    private func put(_ text: String) { try? File.write(1, text + "\n") }
}

struct CheckOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only checks whose name contains this.", valueName: "text"))
    var filter: String?
}

struct SnapshotterCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshotter", abstract: "Check a snapshotter that listens on a socket (docs/plugins.md).")

    @Option(help: ArgumentHelp("Where the plugin listens.", valueName: "path"))
    var socket: String

    @Option(
        help: ArgumentHelp(
            "A directory that its mounts may lie in; what it exports as 'root' by default.", valueName: "dir"))
    var root: [String] = []

    @Option(help: ArgumentHelp("Seconds that a call may take.", valueName: "seconds"))
    var deadline: Int64 = 10

    @OptionGroup var options: CheckOptions

    func validate() throws {
        guard (1...3600).contains(deadline) else { throw ValidationError("--deadline: 1 to 3600 seconds, such as 10.") }
    }

    func run() throws {
        guard Processes.effectiveUser == 0 else { throw ValidationError("Only root can mount what a plugin answers.") }
        let path = socket.hasPrefix("/") ? socket : Path.currentDirectory() + "/" + socket
        let description: PluginDescription
        do {
            description = try Conformance.describe(path, milliseconds: deadline * 1000)
        } catch {
            try? File.write(2, "Error: \(error)\n")
            throw ExitCode(1)
        }
        let words = description.capabilities.isEmpty ? "none" : description.capabilities.joined(separator: ", ")
        try? File.write(1, "\(description.kind)/\(description.name) \(description.version), capabilities: \(words)\n")
        guard description.kind == "snapshotter.v1" else {
            try? File.write(2, "Error: '\(socket)' is a \(description.kind), not a snapshotter.v1\n")
            throw ExitCode(1)
        }
        var printing = Printing()
        let rule = MountRule(roots: root.isEmpty ? description.exports["root"].map { [$0] } ?? [] : root)
        _ = Conformance(filter: options.filter, report: { printing.line($0) }).snapshotter(
            socket: path, capabilities: description.capabilities, rule: rule, milliseconds: deadline * 1000)
        try printing.finish()
    }
}

struct ContentCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "content",
        abstract: "Check whether the content store keeps its promises on some file system.")

    @Option(help: ArgumentHelp("A directory on it; what is made below is gone afterwards.", valueName: "dir"))
    var root = "/tmp"

    @OptionGroup var options: CheckOptions

    func run() throws {
        let place = root.hasPrefix("/") ? root : Path.currentDirectory() + "/" + root
        guard (try? FileStatus.of(place))?.kind == .directory else {
            throw ValidationError("--root '\(root)': there is no such directory.")
        }
        var printing = Printing()
        _ = Conformance(filter: options.filter, report: { printing.line($0) }).content(below: place)
        try printing.finish()
    }
}
