import ArgumentParser
import GantryWire

/// The options that `run` and `create` share, and the request that they make.
struct ContainerOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Assign a name to the container.")
    var name: String?

    @Flag(name: .shortAndLong, help: "Keep standard input open, and forward it when attached.")
    var interactive = false

    @Flag(name: [.customShort("t"), .customLong("tty")], help: "Give the container a terminal.")
    var terminal = false

    @Flag(name: .customLong("rm"), help: "Remove the container when it exits.")
    var remove = false

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

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Run this instead of the image's entry point.", valueName: "program"))
    var entrypoint: String?

    @Option(
        name: [.long, .customLong("net")], parsing: .unconditional,
        help: ArgumentHelp("Network: none (the default) or host.", valueName: "network"))
    var network: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("OCI runtime: auto, crun, runc or a path.", valueName: "runtime"))
    var runtime: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "What keeps its files: overlayfs, native; the daemon's choice when not given.", valueName: "driver"))
    var snapshotter: String?

    @Option(
        name: .shortAndLong, parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Set a label on the container.", valueName: "key[=value]"))
    var label: [String] = []

    @Option(
        name: .customLong("label-file"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Read labels from a file, one a line.", valueName: "file"))
    var labelFiles: [String] = []

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Write the container's id to a new file.", valueName: "file"))
    var cidfile: String?

    @Option(
        name: .customLong("stop-signal"), parsing: .unconditional,
        help: ArgumentHelp("Signal that stops it.", valueName: "signal"))
    var stopSignal: String?

    @Option(
        name: .customLong("stop-timeout"), parsing: .unconditional,
        help: ArgumentHelp("Seconds from that signal to a kill.", valueName: "seconds"))
    var stopTimeout: Int?

    @Flag(name: .customLong("init"), help: "Run an init as first process, which passes signals on and reaps.")
    var hasInit = false

    @OptionGroup(title: "Mounts") var mounts: MountOptions
    @OptionGroup(title: "Names") var names: NameOptions
    @OptionGroup(title: "Namespaces and limits") var kernel: KernelOptions
    @OptionGroup(title: "Limits") var resources: ResourceOptions
    @OptionGroup(title: "Log") var log: LogOptions
    @OptionGroup(title: "Security") var security: SecurityOptions

    @Argument(help: "Name or id of the image.")
    var image: String

    @Argument(parsing: .captureForPassthrough, help: "What to run in it instead of the image's command.")
    var command: [String] = []

    /// The parameters of `containers.create`.
    ///
    /// - Throws: a `Failure` with exit status `status` about an option that makes no sense or a file that cannot be read.
    func request(failure status: Int32) throws(Failure) -> JSONObject {
        do throws(Failure) { return try request() } catch { throw Failure(error.message, status: status) }
    }

    private func request() throws(Failure) -> JSONObject {
        let basics = ContainerBasics(
            image: image, command: command, name: name, env: env, environmentFiles: environmentFiles,
            workingDirectory: workingDirectory, user: user, entrypoint: entrypoint, network: network, runtime: runtime,
            snapshotter: snapshotter, labels: label, labelFiles: labelFiles, hasInit: hasInit, interactive: interactive,
            terminal: terminal, remove: remove)
        var request = try basics.request()
        if let stopSignal { request["stopSignal"] = .string(stopSignal) }
        if let stopTimeout { request["stopTimeout"] = .int(Int64(stopTimeout)) }
        try mounts.add(to: &request)
        names.add(to: &request)
        try kernel.add(to: &request)
        try resources.add(to: &request)
        try log.add(to: &request)
        try security.add(to: &request)
        return request
    }
}
