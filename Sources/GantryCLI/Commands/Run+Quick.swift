import GantryWire

/// `gantry run` with the options that people type.
extension Run {
    private static let options = QuickLine.common.merging([
        "--detach": .flag, "--interactive": .flag, "--tty": .flag, "--rm": .flag, "--init": .flag, "--name": .one,
        "--env": .many, "--workdir": .one, "--user": .one, "--network": .one, "--runtime": .one, "--entrypoint": .one,
        "--label": .many, "--snapshotter": .one, "--volume": .many,
    ]) { _, own in own }

    private static let aliases = [
        "-d": "--detach", "-i": "--interactive", "-t": "--tty", "-e": "--env", "-w": "--workdir", "-u": "--user",
        "-l": "--label", "-v": "--volume", "--net": "--network",
    ]

    /// - Returns: nil for a command line that only the parser understands, or can say what is wrong with.
    static func quick(_ arguments: [String]) -> (plan: ContainerRun, connection: ConnectionOptions)? {
        guard let line = QuickLine(arguments, options, aliases: aliases) else { return nil }
        var basics = ContainerBasics(image: line.words[0], command: Array(line.words.dropFirst()))
        basics.name = line["--name"]
        basics.env = line.values["--env"] ?? []
        basics.workingDirectory = line["--workdir"]
        basics.user = line["--user"]
        basics.network = line["--network"]
        basics.runtime = line["--runtime"]
        basics.entrypoint = line["--entrypoint"]
        basics.labels = line.values["--label"] ?? []
        basics.snapshotter = line["--snapshotter"]
        basics.hasInit = line.has("--init")
        basics.interactive = line.has("--interactive")
        basics.terminal = line.has("--tty")
        basics.remove = line.has("--rm")
        guard var request = try? basics.request() else { return nil }
        if let volumes = line.values["--volume"] {
            guard let mounts = try? volumes.map(VolumeOption.parse) else { return nil }
            request["mounts"] = .array(mounts)
        }
        let plan = ContainerRun(
            request: request, detach: line.has("--detach"), interactive: basics.interactive, terminal: basics.terminal,
            removes: basics.remove)
        return (plan, line.connection)
    }
}
