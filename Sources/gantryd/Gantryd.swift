import ArgumentParser
import GantryDaemon
import GantryModel
import GantrySystem
import GantryWire
import Logging

/// The program `gantryd`.
@main
struct Gantryd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gantryd",
        abstract: "The Gantry daemon: keeps images and containers, and serves them on a Unix socket.",
        discussion: """
            Without options it reads /etc/gantry/gantry.toml when that exists, keeps its data in /var/lib/gantry and
            listens on /run/gantry/gantry.sock. Several daemons live side by side when each has a root and a state
            directory of its own:

              gantryd --root /srv/test/root --state /run/test

            SIGTERM ends it in order; containers go on running. SIGHUP reloads configuration and plugin manifests.
            """,
        version: Release.version)

    @Option(help: ArgumentHelp("What survives a reboot: images, containers, the database.", valueName: "dir"))
    var root: String?

    @Option(help: ArgumentHelp("What does not: sockets, mounts, bundles.", valueName: "dir"))
    var state: String?

    @Option(help: ArgumentHelp("The configuration file; conf.d/*.toml beside it is read too.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    @Option(help: ArgumentHelp("The gantry-shim program; looked for beside gantryd.", valueName: "file"))
    var shim: String?

    mutating func run() throws {
        // Before any thread: they all inherit the mask, and the signals reach only the one that waits for them.
        Signals.block(Daemon.signals + [Signals.hangUp])
        Signals.ignore(Signals.pipe)
        do {
            try serve()
        } catch let error as GantryError {
            try? File.write(2, "gantryd: \(error)\n")
            throw ExitCode(1)
        }
    }

    private func serve() throws {
        // A relative path means the same at a reload.
        let source = Settings(
            root: root.map(absolute), state: state.map(absolute), config: config.map(absolute), logLevel: logLevel)
        let settings = try source.read()
        guard let level = Logger.Level(rawValue: settings.logLevel) else {
            throw ValidationError("'\(settings.logLevel)' is no log level.")
        }
        let threshold = LogLevel(level)
        let log = Logger(label: "gantryd") { LiveLogHandler($0, level: threshold) }
        let live = LiveConfiguration(settings, level: threshold, source: source)
        try Daemon(settings, live: live, shim: try shimProgram(), log: log).run()
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : Path.currentDirectory() + "/" + path
    }

    /// Beside this program, as it was built; or below libexec, as it is installed.
    private func shimProgram() throws -> String {
        if let shim { return absolute(shim) }
        let here = Path.parent(of: (try? Path.readLink("/proc/self/exe")) ?? "")
        let candidates = [here + "/gantry-shim", Path.parent(of: here) + "/libexec/gantry/gantry-shim"]
        guard let found = candidates.first(where: { Path.isExecutable($0) }) else {
            throw GantryError(
                .notFound, "start gantryd: gantry-shim is neither '\(candidates[0])' nor '\(candidates[1])'")
        }
        return found
    }
}

/// File, drop-ins and command line, the last of which overrules.
private struct Settings: LiveConfiguration.Source {
    var root: String?
    var state: String?
    var config: String?
    var logLevel: String?

    func read() throws(GantryError) -> Configuration {
        var settings = try ConfigurationFile.load(config ?? "/etc/gantry/gantry.toml", required: config != nil)
        if let root { settings.root = root }
        if let state { settings.state = state }
        if let logLevel { settings.logLevel = logLevel }
        return settings
    }
}
