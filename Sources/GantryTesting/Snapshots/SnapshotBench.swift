package import GantryCore
import GantryModel
import GantrySystem
import Synchronization

/// A snapshotter under test with what its checks need: places to mount, and short words for what layers hold.
package final class SnapshotBench: Sendable {
    let root: String
    private let open: @Sendable (String) throws -> any Snapshotter
    private let current: Mutex<any Snapshotter>
    private let counter = Atomic(0)

    init(root: String, open: @escaping @Sendable (String) throws -> any Snapshotter) throws {
        self.root = root
        self.open = open
        try Path.makeDirectory(root + "/m", mode: 0o700)
        current = Mutex(try open(root + "/s"))
    }

    /// The snapshotter.
    package var layers: any Snapshotter { current.withLock { $0 } }

    /// Leaves the snapshotter as the end of a process would, and opens its directory again.
    func reopen(closing: Bool = true) throws {
        let old = layers
        if closing { try old.close() }
        let new = try open(root + "/s")
        current.withLock { $0 = new }
    }

    // MARK: mounts

    /// Mounts at a fresh place, calls `body` with its path, and takes the mounts down.
    func mounted<Result>(_ mounts: [Mount], _ body: (String) throws -> Result) throws -> Result {
        try mounts.withMounted(below: root + "/m", body)
    }

    /// Mount points below the root, from the kernel's own list.
    func mountsLeft() -> [String] {
        let text = String(decoding: (try? File.contents("/proc/self/mountinfo")) ?? [], as: UTF8.self)
        return text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            return fields.count > 4 && fields[4].hasPrefix(root + "/") ? String(fields[4]) : nil
        }
    }

    func unmountAll() {
        for place in mountsLeft().reversed() { try? Mounts.unmount(place, detach: true) }
    }

    // MARK: snapshots

    /// Makes an active snapshot and changes it as `body` does with its path.
    func active(_ key: String, on parent: String?, _ body: (String) throws -> Void = { _ in }) throws {
        try mounted(layers.prepare(key, parent: parent, labels: [:]), body)
    }

    /// Makes a committed snapshot of what `body` does to its parent's tree.
    func layer(_ name: String, on parent: String?, _ body: (String) throws -> Void) throws {
        let key = fresh()
        try active(key, on: parent, body)
        try layers.commit(key, as: name, labels: [:], usage: nil)
    }

    /// Shows a committed snapshot through a view that is gone afterwards.
    func look<Result>(_ name: String, _ body: (String) throws -> Result) throws -> Result {
        let key = fresh()
        let mounts = try layers.view(key, parent: name, labels: [:])
        let result = try mounted(mounts, body)
        try layers.remove(key)
        return result
    }

    /// What a committed snapshot shows must be these lines; see `Tree.lines`.
    func require(_ name: String, shows lines: [String]) throws {
        let found = try look(name) { try Tree.lines($0) }
        try requireEqual(found, lines, "tree of '\(name)'")
    }

    /// A key that was not used before.
    func fresh() -> String { "key-\(counter.add(1, ordering: .relaxed).newValue)" }
}
