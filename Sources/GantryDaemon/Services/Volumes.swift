import GantryCore
import GantryModel
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

    func remove(namespace: String, _ name: String) {
        guard !name.isEmpty, !name.contains("/") else { return }
        try? Directory.removeTree("\(directory)/\(namespace)/\(name)")
    }
}
