import GantryCore
import GantryModel
import GantryRuntime
import GantrySnapshots
import GantrySystem
import GantryWire

/// Directories that outlive containers: `<root>/volumes/<namespace>/<name>/_data`.
struct Volumes: Sendable {
    let directory: String

    /// Makes the volume when it is not there; draws a name of 64 hex digits for an anonymous one.
    func make(namespace: String, _ wanted: String?) throws(GantryError) -> (name: String, path: String) {
        var generator = SystemRandomNumberGenerator()
        let name = wanted ?? ContainerID(using: &generator).text
        let path = "\(directory)/\(namespace)/\(name)/_data"
        try describing("make volume '\(name)'") { () throws(Errno) in try Path.makeDirectories(path) }
        return (name, path)
    }

    /// Gives an empty volume what the image has at its place, as Docker does; the place is looked up inside the root, which
    /// shows the owners of `owners`. The volume has those inside.
    static func fill(
        _ mount: ContainerSettings.Mount, from root: String, owners: OwnerRange?
    ) throws(GantryError) {
        guard (try? Directory.list(mount.source).isEmpty) == true else { return }
        do throws(Errno) {
            let base = try File.open(root, [.path, .directory])
            let place = try File.open(mount.target, .directory, below: base.raw)
            let volume = try File.open(mount.source, .directory)
            try TreeCopy.copy(from: place.raw, to: volume.raw, owners: owners)
        } catch {
            // The image has nothing there, or no directory: the volume starts empty.
            if error != .noEntry && error != .notDirectory {
                throw GantryError("fill volume at '\(mount.target)'", error)
            }
        }
    }

    /// The name of the volume that a mount's source is in.
    static func name(of mount: ContainerSettings.Mount) -> String { Path.name(of: Path.parent(of: mount.source)) }

    func remove(namespace: String, _ name: String) {
        guard !name.isEmpty, !name.contains("/") else { return }
        try? Directory.removeTree("\(directory)/\(namespace)/\(name)")
    }
}
