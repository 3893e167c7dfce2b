import ArgumentParser
import GantryModel
import GantrySystem
import GantryWire

/// `gantry conformance`: a program of its own, which this one becomes.
struct ConformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Check whether a snapshotter plugin, or a content store, behaves as its contract says.",
        discussion: """
            Exit status: 0 when all checks passed, 1 when one failed.

            EXAMPLE
              sudo gantry conformance snapshotter --socket /run/dirsnap.sock
              sudo gantry conformance content --root /mnt/new-file-system
            """)

    @Argument(parsing: .captureForPassthrough, help: "'snapshotter' or 'content', and its options.")
    var arguments: [String] = []

    func run() throws {
        let here = Path.parent(of: (try? Path.readLink("/proc/self/exe")) ?? "")
        let places = [here, Path.parent(of: here) + "/libexec/gantry"].map { $0 + "/gantry-conformance" }
        guard let program = places.first(where: { Path.isExecutable($0) }) else {
            throw GantryError(
                .notFound, "run conformance checks: gantry-conformance is neither '\(places[0])' nor '\(places[1])'")
        }
        let words = arguments.isEmpty ? ["--help"] : arguments
        do throws(Errno) {
            try Spawn(program, ["gantry-conformance"] + words, environment: Host.environment).execute()
        } catch { throw GantryError(.internal, "run '\(program)': \(error.reason)") }
    }
}
