import GantryCore
import GantryModel
import GantryRemote
import GantrySystem
import GantryTesting
import GantryWire
import Synchronization

/// A plugin of the directory `plugins/`, or one that misbehaves, as a process of this test.
final class PluginFixture: Sendable {
    private let child: Child
    private let hasEnded = Atomic(false)

    static var plugins: String {
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/plugins"
    }
    static var dirsnap: [String] { ["/usr/bin/python3", plugins + "/dirsnap/dirsnap.py"] }
    /// The one in C, compiled once.
    static let overlaysnap = Result<[String], any Error> {
        let out = plugins.dropLast("plugins".count) + ".build/plugin-tests"
        try Path.makeDirectories(String(out))
        _ = try LoopFilesystem.run("make", ["-s", "-C", plugins + "/overlaysnap", "OUT=\(out)"])
        return ["\(out)/overlaysnap"]
    }
    /// Tests/GantryRemoteTests/Resources/wedged.py in one of its moods.
    static func wedged(_ mood: String) -> [String] {
        let here = "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/")
        return ["/usr/bin/python3", here + "/Resources/wedged.py", mood]
    }

    /// Starts it and waits until its socket is there.
    init(_ program: [String], root: String, socket: String) throws {
        let arguments = program + ["--root", root, "--socket", socket]
        var spawn = Spawn(program[0], arguments, environment: ["PATH=/usr/bin:/bin"], descriptors: [-1, 2, 2])
        spawn.newSession = true
        child = try spawn.start()
        let end = Clock.monotonic + 10_000_000_000
        while (try? UnixSocket.connect(socket)) == nil {
            guard Clock.monotonic < end else {
                self.end()
                throw GantryError(.unavailable, "'\(socket)' did not come up")
            }
            Clock.sleep(milliseconds: 10)
        }
    }

    func end() {
        guard !hasEnded.exchange(true, ordering: .relaxed) else { return }
        try? Processes.signal(pidfd: child.descriptor.raw, Signals.kill)
        _ = try? child.wait()
    }

    deinit { end() }

    /// The process of each root.
    private static let running = Mutex<[String: PluginFixture]>([:])

    /// A snapshotter over a plugin that ends with it.
    static func snapshotter(_ program: [String], root: String) throws -> any Snapshotter {
        // After a kill the old process may still be there: it must not answer for the new one.
        let socket = "\(root).\(Hex.encode(File.random(3)))"
        // Whoever opens a root again means that the process is dead.
        running.withLock { $0.removeValue(forKey: root) }?.end()
        let plugin = try PluginFixture(program, root: root, socket: socket)
        running.withLock { $0[root] = plugin }
        let link = PluginLink("snapshotter.v1/test", socket: socket, patience: .init(deadline: 30_000))
        let description = try link.probe("plugin.describe", milliseconds: 5000) { try PluginDescription(json: $0) }
        return OwnedSnapshotter(
            RemoteSnapshotter(link, capabilities: description.capabilities, rule: MountRule(roots: [root])), plugin)
    }
}

/// Ends the plugin when the snapshotter is closed or given up, as the end of a driver's process would.
private final class OwnedSnapshotter: Snapshotter {
    private let inner: RemoteSnapshotter
    private let plugin: PluginFixture

    init(_ inner: RemoteSnapshotter, _ plugin: PluginFixture) {
        self.inner = inner
        self.plugin = plugin
    }

    var capabilities: SnapshotterCapabilities { inner.capabilities }
    func stat(_ key: String) throws -> SnapshotInfo { try inner.stat(key) }
    func update(_ key: String, labels: Labels) throws -> SnapshotInfo { try inner.update(key, labels: labels) }
    func usage(_ key: String) throws -> SnapshotUsage { try inner.usage(key) }
    func mounts(_ key: String) throws -> [Mount] { try inner.mounts(key) }
    func prepare(_ key: String, parent: String?, labels: Labels) throws -> [Mount] {
        try inner.prepare(key, parent: parent, labels: labels)
    }
    func view(_ key: String, parent: String?, labels: Labels) throws -> [Mount] {
        try inner.view(key, parent: parent, labels: labels)
    }
    func commit(_ key: String, as name: String, labels: Labels, usage: SnapshotUsage?) throws {
        try inner.commit(key, as: name, labels: labels, usage: usage)
    }
    func remove(_ key: String) throws { try inner.remove(key) }
    func walk(_ filter: SnapshotFilter, _ body: (SnapshotInfo) throws -> Void) throws { try inner.walk(filter, body) }
    func sweep() throws { try inner.sweep() }
    func sync(_ name: String) throws { try inner.sync(name) }
    func unsynced() -> [String] { inner.unsynced() }
    func layerTarget(_ key: String) throws -> LayerTarget? { try inner.layerTarget(key) }
    func close() throws {
        try inner.close()
        plugin.end()
    }
}
