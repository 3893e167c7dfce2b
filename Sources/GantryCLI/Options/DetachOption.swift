import ArgumentParser
import GantryWire

/// `--detach-keys`, of every command that may sit at a terminal.
struct DetachOption: ParsableArguments {
    @Option(
        name: .customLong("detach-keys"), parsing: .unconditional,
        help: ArgumentHelp(
            "The keys that leave a terminal and what runs there (default: ctrl-p,ctrl-q).", valueName: "keys"))
    var detachKeys: String?

    /// The keys to watch for: those given, those of docker's configuration (`detachKeys`), or docker's own. The file is
    /// looked at only when there is a `terminal` to watch.
    /// - Throws: a `Failure` that names the key which is none.
    func keys(terminal: Bool) throws(Failure) -> DetachKeys { try Self.keys(detachKeys, terminal: terminal) }

    /// The same for an option that somebody else has read.
    static func keys(_ given: String?, terminal: Bool) throws(Failure) -> DetachKeys {
        if let given { return try DetachKeys(given) }
        guard terminal, let path = DockerConfig.place else { return .standard }
        do throws(Failure) {
            let configured = try DockerConfig(path: path).object["detachKeys"]?.string ?? ""
            return configured.isEmpty ? .standard : try DetachKeys(configured)
        } catch {
            // Said, but no reason not to run anything: docker does the same.
            Console.error("WARNING: \(error.message); ctrl-p ctrl-q leave")
            return .standard
        }
    }
}
