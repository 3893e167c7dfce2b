import ArgumentParser
import GantryModel
import GantrySystem
import GantryWire

/// `gantry images`.
struct Images: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images",
        abstract: "List images.",
        discussion: """
            Fields of --format: .ID .Repository .Tag .Digest .CreatedSince .CreatedAt .Size.

            EXAMPLE
              gantry images
              gantry images --format '{{.Repository}}:{{.Tag}} {{.Size}}'
              gantry rmi $(gantry images -q)
            """)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Flag(name: .shortAndLong, help: "All images; that is what is shown anyway, for there are no intermediate ones.")
    var all = false

    @Flag(help: "Also show the digests of manifests.")
    var digests = false

    @OptionGroup var form: ListingOptions

    @Argument(help: ArgumentHelp("Only those of this name.", valueName: "repository[:tag]"))
    var name: String?

    func run() throws {
        let format = try form.parsed()
        let listing = ImageListing(
            noTrunc: form.noTrunc, digests: digests, ago: Ago(now: Timestamp(nanoseconds: Clock.realtime)))
        var images = try connection.connect().list("images.list", [:])
        if let name {
            let wanted = try Self.reference(name)
            // Without a tag in what was typed, every tag of the repository is meant.
            let tagged = name.split(separator: "/").last?.contains(":") == true
            images = images.filter {
                $0["repository"]?.string == wanted.familiarRepository
                    && (!tagged || $0["tag"]?.string == wanted.tag)
            }
        }
        if form.quiet {
            // One line an image, not one a name: `rmi $(images -q)` would ask for the second to be removed twice.
            var seen: Set<String> = []
            let ids = images.map(listing.id).filter { seen.insert($0).inserted }
            try Console.out(ids.map { $0 + "\n" }.joined())
        } else {
            try Console.out(try listing.listing.text(images.map(listing.row), format))
        }
    }

    private static func reference(_ name: String) throws(Failure) -> Reference {
        do throws(GantryError) { return try Reference(name) } catch { throw Failure(error.description) }
    }
}
