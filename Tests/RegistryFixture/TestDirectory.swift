import GantrySystem

/// A directory that goes with the last reference to it.
package final class TestDirectory: Sendable {
    /// Its path, without a slash at the end.
    package let path: String

    package init() throws {
        path = "/tmp/gantry-registry-" + File.random(6).map { String($0, radix: 16) }.joined()
        try Path.makeDirectory(path)
    }

    deinit { try? Directory.removeTree(path) }

    /// Writes a file, and the directories above it.
    package func write(_ name: String, _ text: String) throws {
        try Path.makeDirectories(Path.parent(of: "\(path)/\(name)"))
        try File.replace("\(path)/\(name)", with: Array(text.utf8), sync: false)
    }

    /// Copies a file from elsewhere.
    package func copy(_ source: String, as name: String) throws {
        try write(name, String(decoding: try File.contents(source), as: UTF8.self))
    }
}
