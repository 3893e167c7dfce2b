import ArgumentParser
import GantryModel
import GantrySystem
import GantryWire

/// `gantry checkpoint …`: containers written into files, by CRIU.
struct CheckpointGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Write running containers into files, from which they go on later.",
        discussion: """
            Needs an OCI runtime that can: runc with the program criu, or a crun that was built with it. The container's \
            files stay where they are; 'start --checkpoint' goes on from the processes' memory.

            EXAMPLE
              gantry checkpoint create web before-upgrade
              gantry start --checkpoint before-upgrade web
            """,
        subcommands: [CheckpointCreate.self, CheckpointList.self, CheckpointRemove.self])
}

/// `gantry checkpoint create`.
struct CheckpointCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Write a running container into a checkpoint.",
        discussion: """
            EXAMPLE
              gantry checkpoint create --leave-running web hourly
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Flag(name: .customLong("leave-running"), help: "The container goes on; else it ends.")
    var leaveRunning = false

    @Argument(help: "Name or id.")
    var container: String

    @Argument(help: "The checkpoint's name.")
    var checkpoint: String

    func run() throws {
        _ = try connection.connect().call(
            "containers.checkpoint",
            [
                "container": .string(container), "checkpoint": .string(checkpoint), "leaveRunning": .bool(leaveRunning),
            ])
        try Console.line(checkpoint)
    }
}

/// `gantry checkpoint ls`.
struct CheckpointList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List a container's checkpoints.",
        discussion: """
            EXAMPLE
              gantry checkpoint ls web
            """, aliases: ["list"])

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Argument(help: "Name or id.")
    var container: String

    func run() throws {
        let answer = try connection.connect().call("containers.checkpoints", ["container": .string(container)])
        let ago = Ago(now: Timestamp(nanoseconds: Clock.realtime))
        var table = Table()
        table.add(["CHECKPOINT NAME", "CREATED", "SIZE"])
        for found in answer["checkpoints"]?.array ?? [] {
            table.add([
                found["name"]?.string ?? "", ago.ago(found["created"]),
                HumanSize(bytes: found["size"]?.int ?? 0).description,
            ])
        }
        try Console.out(table.text)
    }
}

/// `gantry checkpoint rm`.
struct CheckpointRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove a container's checkpoint.",
        discussion: """
            EXAMPLE
              gantry checkpoint rm web before-upgrade
            """, aliases: ["remove"])

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Argument(help: "Name or id.")
    var container: String

    @Argument(help: "The checkpoint's name.")
    var checkpoint: String

    func run() throws {
        _ = try connection.connect().call(
            "containers.removeCheckpoint", ["container": .string(container), "checkpoint": .string(checkpoint)])
        try Console.line(checkpoint)
    }
}
