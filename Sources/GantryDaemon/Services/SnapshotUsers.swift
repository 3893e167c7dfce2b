import GantryCore
import GantryModel
import GantryRPC
import GantryWire

/// Who needs which snapshots, by the names that people know them by.
struct SnapshotUsers {
    private let leases: any LeaseStore
    /// The names of the images of each manifest.
    private var images: [String: [String]] = [:]
    private var containers: [String: String] = [:]

    init(_ service: SnapshotService, _ call: Call) {
        leases = service.leases
        for record in service.images.images(namespace: call.namespace) {
            let name = (try? Reference(record.name))?.familiar ?? record.target.digest.short
            for manifest in (try? ImageSnapshots(leases).manifests(of: record.target.digest, driver: nil)) ?? [] {
                images[manifest.description, default: []].append(name)
            }
        }
        for record in service.containers.containers.allContainers() { containers[record.id.text] = record.name }
    }

    /// The names of the images that a manifest belongs to.
    func names(ofManifest digest: String) -> [String] { images[digest] ?? [] }

    /// What needs a snapshot itself: `images`, `containers`, `leases` and `children`.
    func direct(_ node: Node) throws -> [String: [String]] {
        var users: [String: [String]] = ["images": [], "containers": [], "leases": [], "children": []]
        for holder in try leases.references(to: node) {
            switch holder.kind {
            case .blob: users["images"]? += images[holder.key] ?? ["<none>"]
            case .container: users["containers"]?.append(containers[holder.key] ?? String(holder.key.prefix(12)))
            case .lease: users["leases"]?.append(String(holder.key.drop { $0 != "/" }.dropFirst()))
            case .snapshot: users["children"]?.append(String(holder.key.drop { $0 != "/" }.dropFirst()))
            case .image: break
            }
        }
        return users
    }
}
