import ArgumentParser
import GantryModel
import GantrySystem
import GantryWire

/// `gantry exec`: one more process in a running container.
struct Exec: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        // With it the parser does not look for requests of completion scripts, which takes it a quarter of its time.
        _superCommandName: "gantry",
        abstract: "Run a command in a running container.",
        discussion: """
            The exit status is the command's own: 126 when it cannot be executed, 127 when it is not there. When this \
            program ends first, the command is hung up; detach keys (ctrl-p ctrl-q) and -d leave it running.

            EXAMPLE
              gantry exec web ls /www
              gantry exec -it web sh
              gantry exec -i db restore < dump
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Flag(name: .shortAndLong, help: "Run in the background.")
    var detach = false

    @Flag(name: .shortAndLong, help: "Forward standard input.")
    var interactive = false

    @Flag(name: [.customShort("t"), .customLong("tty")], help: "Give the command a terminal.")
    var terminal = false

    @Option(
        name: .shortAndLong, parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Set an environment variable; without a value, pass on this one's.", valueName: "name[=value]"))
    var env: [String] = []

    @Option(
        name: .customLong("env-file"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Read environment variables from a file, one a line.", valueName: "file"))
    var environmentFiles: [String] = []

    @Option(
        name: [.customShort("w"), .customLong("workdir")], parsing: .unconditional,
        help: ArgumentHelp("Working directory in the container.", valueName: "path"))
    var workingDirectory: String?

    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: ArgumentHelp("User, and group, by name or number.", valueName: "user[:group]"))
    var user: String?

    @Flag(help: "Give the command every capability.")
    var privileged = false

    @OptionGroup var leaving: DetachOption

    @Argument(help: "Name or id.")
    var container: String

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String] = []

    func run() throws {
        guard !command.isEmpty else { throw Failure("exec: name a container and a command") }
        let keys = try leaving.keys(terminal: terminal && !detach)
        if !detach { try UserTerminal.check(terminal: terminal, input: interactive) }
        let request = try request()
        let daemon = try connection.connect()
        // What was prepared for nobody is forgotten; what was started for nobody would run twice.
        let answer =
            detach ? try daemon.call("tasks.exec", request) : try daemon.callPersistently("tasks.exec", request)
        if detach { return }
        try Joined(
            socket: answer["socket"]?.string ?? "", exec: answer["exec"]?.string ?? "", input: interactive,
            terminal: terminal, keys: keys
        ).run()
    }

    func request() throws(Failure) -> JSONObject {
        var request: JSONObject = [
            "container": .string(container), "command": .array(command.map { .string($0) }),
        ]
        let environment = try Environment.merge(files: environmentFiles, options: env)
        if !environment.isEmpty { request["env"] = .array(environment.map { .string($0) }) }
        if let workingDirectory { request["workingDir"] = .string(workingDirectory) }
        if let user { request["user"] = .string(user) }
        if terminal { request["tty"] = true }
        if terminal, !detach { request["consoleSize"] = UserTerminal.window?.consoleSize }
        if interactive { request["openStdin"] = true }
        if privileged { request["privileged"] = true }
        if detach { request["detach"] = true }
        return request
    }
}

/// With the options that people type.
extension Exec {
    private static let options = QuickLine.common.merging([
        "--detach": .flag, "--interactive": .flag, "--tty": .flag, "--privileged": .flag, "--env": .many,
        "--workdir": .one, "--user": .one,
    ]) { _, own in own }

    private static let aliases = [
        "-d": "--detach", "-i": "--interactive", "-t": "--tty", "-e": "--env", "-w": "--workdir", "-u": "--user",
    ]

    /// - Returns: nil for a command line that only the parser understands, or can say what is wrong with.
    static func quick(_ arguments: [String]) -> Exec? {
        guard let line = QuickLine(arguments, options, aliases: aliases), line.words.count > 1 else { return nil }
        var exec = Exec()
        exec.connection = line.connection
        exec.detach = line.has("--detach")
        exec.interactive = line.has("--interactive")
        exec.terminal = line.has("--tty")
        exec.env = line.values["--env"] ?? []
        exec.environmentFiles = []
        exec.workingDirectory = line["--workdir"]
        exec.user = line["--user"]
        exec.privileged = line.has("--privileged")
        var leaving = DetachOption()
        leaving.detachKeys = nil
        exec.leaving = leaving
        exec.container = line.words[0]
        exec.command = Array(line.words.dropFirst())
        return exec
    }
}
