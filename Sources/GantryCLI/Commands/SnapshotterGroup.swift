import ArgumentParser

/// `gantry snapshotter …`: where layers and the files of containers are kept.
struct SnapshotterGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshotter",
        abstract: "List and choose what keeps layers and the files of containers, and move between them.",
        discussion: """
            Containers keep the snapshotter they were made with.

            EXAMPLE
              gantry snapshotter ls
              gantry snapshotter use btrfs
              gantry snapshotter migrate --all overlayfs btrfs
            """,
        subcommands: [SnapshotterList.self, SnapshotterUse.self, SnapshotterMigrate.self])
}
