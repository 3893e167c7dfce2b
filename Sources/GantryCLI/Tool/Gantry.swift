import ArgumentParser

/// The root command. Its subcommands are a file each in `Commands/`.
struct Gantry: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gantry",
        abstract: "Run containers on Linux.",
        discussion: """
            Loads images, makes containers of them and runs them, through the daemon gantryd. Commands, options and \
            output are docker's where both have them. Also understood: 'container ls', 'container rm', 'image ls', \
            'image rm' and their like.

            EXAMPLE
              gantry load -i busybox.tar
              gantry run --rm busybox echo hello

            ENVIRONMENT
              GANTRY_SOCKET     the daemon's socket (default: \(ConnectionOptions.defaultSocket))
              GANTRY_NAMESPACE  the namespace to work in (default: default)
              DOCKER_CONFIG     the directory of config.json, which holds logins (default: ~/.docker)
            """,
        version: "gantry version \(Version.number)",
        groupedSubcommands: [
            CommandGroup(
                name: "Container",
                subcommands: [
                    Run.self, Exec.self, Create.self, Start.self, Attach.self, Stop.self, Restart.self, Kill.self,
                    Pause.self, Unpause.self, Remove.self, Rename.self, Update.self, Wait.self, Logs.self, PS.self,
                    Top.self, Stats.self, Explain.self, Copy.self, Diff.self, Export.self, CheckpointGroup.self,
                    Prune.self,
                ]),
            CommandGroup(name: "Image", subcommands: [Pull.self, Load.self, Images.self, Tag.self, RemoveImage.self]),
            CommandGroup(
                name: "Other",
                subcommands: [
                    Login.self, Logout.self, Inspect.self, Events.self, Info.self, ShowVersion.self,
                    ContainerGroup.self, ImageGroup.self,
                ]),
            CommandGroup(
                name: "Daemon and plugins",
                subcommands: [
                    SnapshotGroup.self, SnapshotterGroup.self, Plugins.self, Reload.self, ConformanceCommand.self,
                ]),
        ],
        helpNames: .long)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
}
