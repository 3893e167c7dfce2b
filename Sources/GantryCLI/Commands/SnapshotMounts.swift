import ArgumentParser
import GantryWire

/// `gantry snapshot mounts`.
struct SnapshotMounts: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mounts", abstract: "Print the commands that mount an active snapshot or a view.",
        discussion: """
            For a shell of root on this machine. A container's snapshot that is mounted for writing while the container \
            runs may be damaged; with --read-only that cannot happen.

            EXAMPLE
              gantry snapshot mounts web-id /mnt | sh
              gantry snapshot mounts --json web-id
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var snapshotter: SnapshotterOption

    @Flag(help: "Print them as JSON.")
    var json = false

    @Flag(name: .customLong("read-only"), help: "So that nothing can be written there.")
    var readOnly = false

    @Argument(help: "The key, or its beginning.")
    var key: String

    @Argument(help: "Where to mount.")
    var target: String = "/mnt"

    func run() throws {
        let answer = try snapshotter.call("snapshots.mounts", key, connection.connect())
        let mounts = answer["mounts"]?.array ?? []
        if json { return try Console.line(JSON.array(mounts).pretty()) }
        for mount in mounts { try Console.line(line(mount)) }
    }

    /// `mount -t overlay overlay /mnt -o lowerdir=…`.
    private func line(_ mount: JSON) -> String {
        var place = target
        if let below = mount["target"]?.string { place += "/" + below }
        var options = (mount["options"]?.array ?? []).compactMap(\.string)
        if readOnly { options = ["ro"] + options.filter { $0 != "rw" && $0 != "ro" } }
        let words = ["mount", "-t", mount["type"]?.string ?? "", mount["source"]?.string ?? "", place]
        return (words + (options.isEmpty ? [] : ["-o", options.joined(separator: ",")])).map(Self.quoted)
            .joined(separator: " ")
    }

    /// As one word of a shell.
    private static func quoted(_ word: String) -> String {
        let isPlain = !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber || "/-_.,:=+@%".contains($0) }
        return isPlain
            ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
