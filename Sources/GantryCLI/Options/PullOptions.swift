import ArgumentParser
import GantryModel
import GantryWire

/// How `run` and `create` come by an image that is not here.
struct PullOptions: ParsableArguments {
    /// When a registry is asked.
    enum Policy: String, ExpressibleByArgument, CaseIterable {
        case always, missing, never
    }

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Pull the image first: always, missing or never.", valueName: "when"))
    var pull = Policy.missing

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Use the image for this platform.", valueName: "os/arch[/variant]"))
    var platform: String?

    @Flag(name: .shortAndLong, help: "Do not show how a pull goes on.")
    var quiet = false

    var supply: ImageSupply { ImageSupply(policy: pull, platform: platform, quiet: quiet) }
}

/// How a container comes by its image.
struct ImageSupply {
    var policy = PullOptions.Policy.missing
    var platform: String?
    var quiet = false

    /// Creates a container of the image of `request`, and tells its id in a new file.
    ///
    /// - Throws: a `Failure` with exit status `status` when the file cannot be made; what creating throws.
    func create(_ request: JSONObject, _ daemon: Daemon, file path: String?, failure status: Int32) throws -> String {
        guard let path else { return try create(request, daemon) }
        let file = try ContainerIDFile(path, failure: status)
        do {
            let id = try create(request, daemon)
            try file.write(id)
            return id
        } catch {
            file.discard()
            throw error
        }
    }

    /// Creates a container of the image of `request`. An image that is here costs no more than the one call.
    private func create(_ request: JSONObject, _ daemon: Daemon) throws -> String {
        var request = request
        request["platform"] = platform.map { .string($0) }
        let image = request["image"]?.string ?? ""
        if policy == .always { try fetch(image, daemon) }
        do throws(GantryError) {
            return try Create.create(request, daemon)
        } catch {
            guard policy == .missing, error.details?["missing"]?.string == "image", let name = try? Reference(image)
            else {
                throw error
            }
            Console.error("Unable to find image '\(name.familiar)' locally")
        }
        try fetch(image, daemon)
        return try Create.create(request, daemon)
    }

    private func fetch(_ image: String, _ daemon: Daemon) throws {
        _ = try PullCall(image: image, platform: platform, quiet: quiet, descriptor: 2).run(daemon)
    }
}
