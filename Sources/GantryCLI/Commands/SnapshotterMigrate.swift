import ArgumentParser
import GantryClient
import GantryModel
import GantrySystem
import GantryWire

/// `gantry snapshotter migrate`.
struct SnapshotterMigrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Move images and containers to another snapshotter.",
        discussion: """
            Images are unpacked again, from their blobs; of containers that do not run, what they have written is \
            copied, compared with the original, and only then changed over. Containers that run are left. When it is \
            interrupted, nothing is lost, and it goes on where it was when it is started again.

            The exit status is 1 when something was left; the last line names it.

            EXAMPLE
              gantry snapshotter migrate --all --dry-run overlayfs native
              gantry snapshotter migrate --image busybox --container web overlayfs native
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Move this image; may be given several times.", valueName: "image"))
    var image: [String] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Move this container, and the layers of its image along; may be given several times.",
            valueName: "container"))
    var container: [String] = []

    @Flag(help: "Move all images and containers.")
    var all = false

    @Flag(name: .customLong("dry-run"), help: "Only say what would be moved.")
    var dryRun = false

    @Flag(name: .shortAndLong, help: "Print the last line only.")
    var quiet = false

    @Argument(help: "The snapshotter that has them.")
    var from: String

    @Argument(help: "The snapshotter that is to have them.")
    var to: String

    func run() throws {
        guard all || !image.isEmpty || !container.isEmpty else {
            throw Failure("snapshotter migrate: name what to move: --image, --container or --all")
        }
        var request: JSONObject = ["from": .string(from), "to": .string(to)]
        if !image.isEmpty { request["images"] = .strings(image) }
        if !container.isEmpty { request["containers"] = .strings(container) }
        if all { request["all"] = true }
        if dryRun { request["dryRun"] = true }
        let isQuiet = quiet
        let result = try connection.connect().client.stream("snapshotters.migrate", request) { item in
            if !isQuiet { try Console.line(Self.line(item)) }
        }
        let left = result["left"]?.array ?? []
        try Console.line(summary(result, left))
        if !left.isEmpty { throw Failure.silent(1) }
    }

    /// "container web: copying 12.5MB".
    private static func line(_ item: JSON) -> String {
        var line = "\(item["kind"]?.string ?? "") \(item["name"]?.string ?? ""): \(item["state"]?.string ?? "")"
        if let bytes = item["bytes"]?.int { line += " \(HumanSize(bytes: bytes))" }
        if let message = item["message"]?.string { line += ": \(message)" }
        return line
    }

    /// "moved 2 images, 3 containers (12.5MB copied); left 1: web (running)".
    private func summary(_ result: JSON, _ left: [JSON]) -> String {
        let (images, containers) = (result["images"]?.int ?? 0, result["containers"]?.int ?? 0)
        var text = dryRun ? "would move " : "moved "
        text += "\(images) image\(images == 1 ? "" : "s"), \(containers) container\(containers == 1 ? "" : "s")"
        if let bytes = result["bytes"]?.int, bytes > 0 { text += " (\(HumanSize(bytes: bytes)) copied)" }
        if left.isEmpty { return text }
        let names = left.map { "\($0["name"]?.string ?? "") (\($0["reason"]?.string ?? ""))" }
        return text + "; left \(left.count): \(names.joined(separator: ", "))"
    }
}
