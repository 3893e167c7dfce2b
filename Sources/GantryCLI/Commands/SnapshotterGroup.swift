import ArgumentParser

/// `gantry snapshotter …`: where layers and the files of containers are kept.
struct SnapshotterGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshotter",
        abstract: "Move images and containers between snapshotters.",
        discussion: """
            EXAMPLE
              gantry snapshotter migrate --all overlayfs native
            """,
        subcommands: [SnapshotterMigrate.self])
}
