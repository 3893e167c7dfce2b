package import GantryCore
import GantryModel
import GantrySystem

/// One behaviour that every snapshotter has.
package struct SnapshotCheck: Sendable, CustomStringConvertible {
    /// What the behaviour is called.
    package let name: String
    let body: @Sendable (SnapshotBench) throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (SnapshotBench) throws -> Void) {
        self.name = name
        self.body = body
    }

    /// The name.
    package var description: String { name }

    /// Runs the check in a directory of its own, which is gone afterwards; mounts that are left fail it. Needs root.
    /// - Parameters:
    ///   - place: where the directory is made, for drivers that want a file system of their own.
    ///   - open: opens the snapshotter over a root directory; it is called again for a restart.
    /// - Throws: `CheckFailure` when the behaviour is not there; whatever the snapshotter throws unasked.
    package func run(
        in place: String = "/tmp", _ open: @escaping @Sendable (_ root: String) throws -> any Snapshotter
    ) throws {
        // Short, as 128 layers must be nameable on every kernel.
        let root = "\(place)/gs-\(Hex.encode(File.random(4)))"
        try describing("make '\(root)'") { () throws(Errno) in try Path.makeDirectory(root, mode: 0o700)
        }
        defer { try? Directory.removeTree(root) }
        // Where the tests themselves run in a container, /tmp may be an overlay, on which no other can stand.
        let needsMount = try FilesystemStatus.of(root).type == FilesystemStatus.overlay
        if needsMount { try Mounts.mount("tmpfs", at: root, type: "tmpfs") }
        defer { if needsMount { try? Mounts.unmount(root, detach: true) } }
        let bench = try SnapshotBench(root: root, open: open)
        do {
            try body(bench)
        } catch {
            bench.unmountAll()
            try? bench.layers.close()
            throw error
        }
        defer { bench.unmountAll() }
        // What a driver keeps mounted for itself goes with it.
        try bench.layers.close()
        let left = bench.mountsLeft()
        try require(left.isEmpty, "mounts are left: \(left)")
    }
}
