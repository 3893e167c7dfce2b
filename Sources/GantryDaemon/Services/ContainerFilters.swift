import GantryCore
import GantryImages
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySystem
import GantryWire

/// Which containers a listing or a removal is about: `{"status": ["exited"], "label": ["role=front"]}`.
///
/// As docker's: values of one name are alternatives, names must all match, and labels must all match too. What is not
/// known is refused: a misspelt filter must not turn into "everything".
struct ContainerFilters {
    /// What one value asks of a container.
    typealias Test = @Sendable (ContainerRecord) throws -> Bool

    /// The parameter as methods declare it.
    static let field = Field(
        "filters", .map(.array(.string)),
        "{name: [values]}: id, name (a part, or a regular expression), label (key or key=value), status, exited (a code), "
            + "ancestor (an image), before, since (a container), volume (a name or a path).")

    private var groups: [[Test]] = []
    /// Whether a status is asked for: then containers that do not run are meant as well.
    private(set) var includesStopped = false

    /// Reads the parameter `filters` of a listing.
    /// - Throws: `.invalidArgument` naming a filter or value that means nothing; `.notFound` for `before` and `since`.
    init(listing call: Call, of service: ContainerService) throws {
        for member in call["filters"]?.object?.members ?? [] {
            let values = (member.value.array ?? []).compactMap(\.string)
            let name = member.key
            if name == "label" {
                groups += values.map { value in [Self.label(value)] }
                continue
            }
            if name == "status" { includesStopped = true }
            groups.append(
                try values.map { value in
                    try Self.named(name, value) { () throws(GantryError) in
                        try Self.test(name, value, namespace: call.namespace, service)
                    }
                })
        }
    }

    /// Whether the container is meant.
    func matches(_ record: ContainerRecord) throws -> Bool {
        try groups.allSatisfy { tests in try tests.isEmpty || tests.contains { try $0(record) } }
    }

    /// Puts the filter in front of what is wrong with it.
    static func named<Result>(
        _ name: String, _ value: String, _ body: () throws(GantryError) -> Result
    ) throws(GantryError) -> Result {
        do throws(GantryError) { return try body() } catch {
            throw GantryError(error.code, "filter containers by '\(name)=\(value)': \(error.message)")
        }
    }

    /// `key`, or `key=value`.
    static func label(_ text: String) -> Test {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return { record in
            guard let value = record.labels[parts[0]] else { return false }
            return parts.count == 1 || parts[1] == value
        }
    }

    private static func test(
        _ name: String, _ value: String, namespace: String, _ service: ContainerService
    ) throws(GantryError) -> Test {
        switch name {
        case "id":
            let pattern = try Pattern(value)
            return { $0.id.text == value || pattern.matches($0.id.text) }
        case "name":
            // Docker's names begin with a slash, and habits are strong.
            let pattern = try Pattern(value)
            return { $0.name == value || pattern.matches($0.name) || pattern.matches("/" + $0.name) }
        case "status": return try status(value)
        case "exited":
            guard let code = Int32(value) else { throw refused("it takes an exit code") }
            return { $0.status.state == .exited && $0.status.exitCode == code }
        case "before", "since":
            let other = try found(value, namespace, service)
            if name == "before" { return { $0.createdAt < other.createdAt } }
            return { $0.createdAt > other.createdAt }
        case "ancestor": return service.descendants(of: value, namespace: namespace)
        case "volume": return { try service.attachments($0).contains { $0.answers(to: value) } }
        case "health": throw refused("containers have no health checks in this version")
        case "network", "publish", "expose": throw refused("there are no networks but none and host in this version")
        case "is-task": throw refused("there is no swarm mode")
        case "isolation": throw refused("it exists on Windows only")
        case "until": throw refused("it belongs to prune; before and since take a container")
        default:
            throw refused(
                "no such filter; there are id, name, label, status, exited, ancestor, before, since and volume")
        }
    }

    private static func found(
        _ name: String, _ namespace: String, _ service: ContainerService
    ) throws(GantryError) -> ContainerRecord {
        do { return try service.containers.findContainer(namespace: namespace, name) } catch {
            throw error as? GantryError ?? GantryError(.internal, "\(error)")
        }
    }

    private static func status(_ value: String) throws(GantryError) -> Test {
        if let state = ContainerStatus.State(rawValue: value) { return { $0.status.state == state } }
        // States of docker's in which no container of Gantry ever is.
        if ["restarting", "removing", "dead"].contains(value) { return { _ in false } }
        throw refused("there are created, running, paused, exited, restarting, removing and dead")
    }

    static func refused(_ reason: String) -> GantryError { GantryError(.invalidArgument, reason) }
}

/// A volume or directory in a container, as listings and filters know it.
struct ContainerAttachment: Equatable {
    /// The volume's name, or the directory of the host.
    var name: String
    /// In the container.
    var target: String
    /// Whether `name` is a volume's.
    var isVolume: Bool

    func answers(to text: String) -> Bool { name == text || target == text }
}

extension ContainerService {
    /// What is attached to a container. Cost: a look-up in the database.
    func attachments(_ record: ContainerRecord) throws -> [ContainerAttachment] {
        try settings(record).mounts.filter { $0.kind != .tmpfs }.map { mount in
            ContainerAttachment(
                name: mount.volume == nil ? mount.source : Volumes.name(of: mount), target: mount.target,
                isVolume: mount.volume != nil)
        }
    }

    /// Whether a container's image is this one or was built on it: its layers begin with all of the other's.
    ///
    /// An image that is not here has no descendants, as with docker. Cost: each image's documents are read once.
    fileprivate func descendants(of name: String, namespace: String) -> ContainerFilters.Test {
        let named = try? ImageNames(images: images).find(namespace: namespace, name) {
            try? resolver.resolve($0.target).id
        }
        guard let named, let ancestor = try? resolver.resolve(named.records[0].target) else { return { _ in false } }
        return { [resolver] record in
            if record.details["imageId"]?.string == ancestor.id.description { return true }
            guard let digest = record.imageDigest, let top = ancestor.chain.last else { return false }
            // A chain's name says what lies below it: who has it in common is made of the same layers.
            let manifest = Descriptor(mediaType: .ociManifest, digest: digest, size: 0)
            return (try? resolver.resolve(manifest))?.chain.contains(top) ?? false
        }
    }
}
