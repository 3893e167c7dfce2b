import ArgumentParser

/// `gantry image …`; see `ContainerGroup`.
struct ImageGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image",
        abstract: "The commands for images, by docker's long names.",
        discussion: """
            image ls (list) is images, image rm (remove) is rmi, image inspect is inspect --type image; load, pull \
            and tag are what they are without 'image'.

            EXAMPLE
              gantry image ls --digests
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Argument(parsing: .captureForPassthrough, help: .hidden)
    var words: [String] = []

    func run() throws { try GroupVerb.explain("image", words) }
}
