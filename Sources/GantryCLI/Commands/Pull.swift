import ArgumentParser
import GantryModel
import GantryWire

/// `gantry pull`.
struct Pull: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Pull an image from a registry.",
        discussion: """
            Without a tag, 'latest' is pulled. A pull that breaks off, or is ended by ctrl-C, goes on where it was \
            when it is started again.

            EXAMPLE
              gantry pull debian:12
              gantry pull --platform linux/arm64 busybox
              gantry pull -q 127.0.0.1:5000/team/tool@sha256:…
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Pull the image for this platform instead of this machine's.", valueName: "os/arch[/variant]"))
    var platform: String?

    @Flag(name: .shortAndLong, help: "Print the image's name only.")
    var quiet = false

    @Argument(help: ArgumentHelp("What to pull.", valueName: "name[:tag|@digest]"))
    var image: String

    func run() throws {
        let call = PullCall(image: image, platform: platform, quiet: quiet, descriptor: 1)
        let reference = try call.parsed()
        if !quiet, reference.digest == nil, try Reference(image).tag == "latest", !image.hasSuffix(":latest") {
            try Console.line("Using default tag: latest")
        }
        let outcome = try call.run(try connection.connect())
        try Console.line(outcome.name.description)
    }
}
