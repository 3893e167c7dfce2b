import GantryClient
import GantryModel
import GantrySystem
import GantryWire
import Testing

/// A `gantryd` of the test's own, with its root, its state and its temporary files.
///
/// Everything that belongs to it carries `mark` in its path, so that `Books` tells it from what others do on this
/// machine at the same time.
final class Engine {
    /// Unique on this machine: part of every path and command line of this engine.
    let mark: String
    let root: String
    /// Short, since sockets live in it.
    let state: String
    /// What the programs are told as TMPDIR; empty when the test is over.
    let temporary: String
    /// A place for the files of the test itself; removed at the end.
    let scratch: String
    /// What the daemon finds in its environment beside that of the programs; counts from its next start on.
    var daemonEnvironment: [String] = []
    private let home: String
    /// Whether the file system below is the test's own, and goes as a whole.
    private let ownsFilesystem: Bool
    private var arguments: [String]
    private var daemon: Program?
    private var log = ""

    /// Where its plugins' manifests are looked for.
    var plugins: String { scratch + "/plugins.d" }
    var configurationFile: String { home + "/gantry.toml" }
    var socket: String { state + "/gantry.sock" }
    var readOnlySocket: String { state + "/gantry-ro.sock" }

    /// Where gantryd, gantry and gantry-shim are: GANTRY_BIN_DIR, or beside the test bundle.
    static let programs: String = {
        if let given = Host.variable("GANTRY_BIN_DIR"), !given.isEmpty { return given }
        let beside = Path.parent(of: (try? Path.readLink("/proc/self/exe")) ?? "")
        return Path.isExecutable(beside + "/gantryd") ? beside : Images.package + "/.build/debug"
    }()

    /// The line that GANTRY_TEST_CGROUP_DRIVER adds to a configuration without one, so that all tests can run with each
    /// of the drivers; empty when it is not set.
    private static let driver =
        Host.variable("GANTRY_TEST_CGROUP_DRIVER").map { "cgroup_driver = \"\($0)\"\n" } ?? ""

    /// - Parameters:
    ///   - configuration: what gantry.toml says; without it the daemon gets an empty one.
    ///   - place: where its files are, when it is to be a certain file system.
    init(configuration: String = "", arguments: [String] = [], in place: String? = nil) throws {
        mark = "gi-" + File.random(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        // Containers want a real file system, so the root is below the build directory.
        ownsFilesystem = place != nil
        home = (place ?? Images.package + "/.build/integration") + "/" + mark
        (root, temporary, scratch) = (home + "/root", home + "/tmp", home + "/scratch")
        state = "/tmp/" + mark
        for directory in [root, temporary, scratch, state] { try Path.makeDirectories(directory) }
        let driver = configuration.contains("cgroup_driver") ? "" : Self.driver
        // Never those of the machine.
        let place = configuration.contains("[plugins]") ? "" : "\n[plugins]\ndirectory = \"\(scratch)/plugins.d\"\n"
        try File.replace(home + "/gantry.toml", with: Array((driver + configuration + place).utf8), sync: false)
        self.arguments = ["--root", root, "--state", state, "--config", home + "/gantry.toml"] + arguments
    }

    /// What every program of this engine finds as its environment.
    var environment: [String] {
        ["PATH=\(Machine.searchPath)", "HOME=\(home)", "TMPDIR=\(temporary)", "GANTRY_SOCKET=\(socket)"]
    }

    // MARK: The daemon

    /// Starts the daemon and waits until it answers.
    func start() throws {
        guard Path.isExecutable(Engine.programs + "/gantryd") else {
            throw Machine.Missing(
                description: "'\(Engine.programs)/gantryd' is not built; build it, or set GANTRY_BIN_DIR")
        }
        let program = try Program(Engine.programs + "/gantryd", arguments, environment: environment + daemonEnvironment)
        daemon = program
        for _ in 0..<1500 * Patience.factor {
            if let client = try? Client(path: socket), (try? client.call("system.ping")) != nil { return }
            if program.hasEnded { break }
            Clock.sleep(milliseconds: 10)
        }
        daemon = nil
        let outcome = try program.wait(seconds: 5)
        throw Machine.Missing(description: "gantryd ended with \(outcome.status) at its start: \(outcome.errorText)")
    }

    /// Ends the daemon in order, with SIGTERM; its exit status.
    @discardableResult
    func stop() throws -> Int32 { try end(Signals.terminate) }

    /// `kill -9`: containers go on.
    func kill() throws { try end(Signals.kill) }

    func restart() throws {
        try stop()
        try start()
    }

    var daemonPID: Int32? { daemon?.pid }

    /// Whether the daemon that was started has ended, asked or not.
    var daemonHasEnded: Bool { daemon?.hasEnded ?? true }

    /// What the daemon has written to its log, over all its lives.
    var daemonLog: String { log + (daemon?.errorsSoFar ?? "") }

    @discardableResult
    private func end(_ signal: Int32) throws -> Int32 {
        guard let program = daemon else { return 0 }
        daemon = nil
        if !program.hasEnded { try? program.signal(signal) }
        let outcome = try program.wait(seconds: 20)
        log += outcome.errorText + "\n"
        return outcome.status
    }

    // MARK: Clients

    func client(namespace: String? = nil) throws -> Client { try Client(path: socket, namespace: namespace) }

    /// Runs `gantry` with these arguments to its end.
    func run(
        _ arguments: [String], input: Program.Input = .null, extra: [String] = [], seconds: Int64 = 30
    ) throws -> Program.Outcome {
        try begin(arguments, input: input, extra: extra).wait(seconds: seconds)
    }

    /// Starts `gantry` and comes back at once.
    func begin(_ arguments: [String], input: Program.Input = .null, extra: [String] = []) throws -> Program {
        try Program(Engine.programs + "/gantry", arguments, environment: environment + extra, input: input)
    }

    /// Starts `gantry` on a pseudo-terminal.
    func onTerminal(_ arguments: String..., rows: Int = 24, columns: Int = 80) throws -> TerminalProgram {
        try TerminalProgram(
            Engine.programs + "/gantry", arguments, environment: environment, rows: rows, columns: columns)
    }

    /// Runs `gantry`, which must succeed and say nothing on standard error; its standard output without the last line end.
    @discardableResult
    func must(
        _ arguments: String..., input: Program.Input = .null, at location: SourceLocation = #_sourceLocation
    ) throws -> String {
        let outcome = try run(arguments, input: input)
        try #require(
            outcome.status == 0, "gantry \(arguments.joined(separator: " ")): \(outcome.errorText)",
            sourceLocation: location)
        #expect(outcome.errorText == "", sourceLocation: location)
        return outcome.text
    }

    /// Runs a line of shell in which `gantry` is this engine's.
    func shell(_ line: String, input: Program.Input = .null, seconds: Int64 = 60) throws -> Program.Outcome {
        let gantry = "gantry() { '\(Engine.programs)/gantry' \"$@\"; }\n"
        return try Program("/bin/bash", ["-c", gantry + line], environment: environment, input: input)
            .wait(seconds: seconds)
    }

    /// The `{id, state, …}` of a container.
    func summary(_ container: String) throws -> JSON {
        try client().call("containers.get", ["container": .string(container)])
    }

    // MARK: The end

    /// Removes every container of every namespace.
    func removeAllContainers() throws {
        let client = try client()
        for namespace in try client.strings("name", of: "namespaces.list") {
            let place = JSON.string(namespace)
            for id in try client.strings("id", of: "containers.list", ["all": true, "namespace": place]) {
                try remove(["container": .string(id), "force": true, "volumes": true, "namespace": place], client)
            }
        }
        // What is removed is unlinked after the answer, and by the next daemon when this one is ended before.
        for _ in 0..<100 * Patience.factor where ((try? Directory.list(root + "/trash")) ?? []).isEmpty == false {
            Clock.sleep(milliseconds: 50)
        }
    }

    private func remove(_ params: JSONObject, _ client: Client) throws {
        do throws(GantryError) { _ = try client.call("containers.remove", params) } catch {
            // A container with --rm was quicker.
            if error.code != .notFound { throw error }
        }
    }

    /// Removes the directories; the daemon has ended and nothing is mounted below them.
    func removeFiles() throws {
        // Read-only subvolumes are no matter for unlink(2).
        if !ownsFilesystem { try Directory.removeTree(home) }
        try Directory.removeTree(state)
    }
}

extension Client {
    /// One member of every item that a call streams.
    func strings(_ member: String, of method: String, _ params: JSONObject = [:]) throws -> [String] {
        var found: [String] = []
        try stream(method, params) { found.append($0[member]?.string ?? "") }
        return found
    }
}
