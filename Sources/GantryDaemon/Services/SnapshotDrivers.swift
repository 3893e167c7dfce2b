import GantryCore
import GantryImages
import GantryModel
import GantryWire

/// The snapshotters that are ready, by name.
struct SnapshotDrivers: Sendable {
    let ready: [String: any Snapshotter]
    /// Why others are not.
    let skipped: [String: String]
    let standard: String

    /// The driver of that name, the configured one when nil.
    /// - Throws: `.notFound` for a name that is none, `.failedPrecondition` for one that cannot work here.
    func driver(_ name: String?) throws(GantryError) -> Unpacker.Driver {
        let name = name ?? standard
        if let snapshotter = ready[name] { return Unpacker.Driver(name: name, snapshotter: snapshotter) }
        if let reason = skipped[name] {
            throw GantryError(.failedPrecondition, "use snapshotter '\(name)': \(reason)")
        }
        throw GantryError(
            .notFound,
            "use snapshotter '\(name)': no such snapshotter (there are \(ready.keys.sorted().joined(separator: ", ")))")
    }
}
