import GantryCore
import GantryHost
import GantryModel
import GantryRuntime
import GantrySnapshots
import GantryStore
import GantrySystem
import GantryWire

/// Steps of a daemon's start that need nothing of the daemon.
enum Boot {
    static func prepareDirectories(_ configuration: Configuration) throws {
        // The longest name below the state directory is a shim's socket: /s/ and 16 digits and .sock.
        let longest = configuration.state.utf8.count + "/s/0123456789abcdef.sock".utf8.count
        guard longest <= UnixSocket.longestPath else {
            throw GantryError(
                .invalidArgument,
                "use state directory '\(configuration.state)': sockets below it would have names of \(longest) bytes, \(UnixSocket.longestPath) are possible"
            )
        }
        for path in [configuration.root, configuration.state] {
            guard path.hasPrefix("/") else {
                throw GantryError(.invalidArgument, "use directory '\(path)': not an absolute path")
            }
            // Root's to list, everybody's to pass: the sockets in the state directory have owners of their own.
            try describing("make directory '\(path)'") { () throws(Errno) in try Path.makeDirectories(path, mode: 0o711)
            }
        }
        // A shim and two pidfds a container, a connection a client: the default of 1024 is soon too few.
        if let limit = try? Processes.limit(Processes.openFiles) {
            try? Processes.setLimit(Processes.openFiles, Processes.Limit(soft: limit.hard, hard: limit.hard))
        }
    }

    /// Opens every built-in snapshotter that can work here.
    static func openDrivers(_ configuration: Configuration, _ plugins: inout [PluginReport]) throws -> SnapshotDrivers {
        var ready = [String: any Snapshotter]()
        var skipped = [String: String]()
        for driver in BuiltInSnapshotter.allCases {
            let name = driver.rawValue
            let root = "\(configuration.root)/snapshots/\(name)"
            var report = PluginReport(kind: "snapshotter.v1", name: name, state: .ready, reason: nil)
            let start = Clock.monotonic
            switch driver.available(root: root) {
            case .ready:
                do throws(GantryError) {
                    let quota = BtrfsQuota(rawValue: configuration.btrfsQuota) ?? .off
                    let snapshotter = try driver.open(root: root, quota: quota)
                    ready[name] = snapshotter
                    report.capabilities = words(snapshotter.capabilities)
                    report.exports = ["root": root]
                    report.bootMilliseconds = Double((Clock.monotonic - start) / 1000) / 1000
                } catch {
                    report.state = .failed
                    report.reason = error.message
                    report.lastError = error.description
                    report.lastErrorAt = Timestamp(nanoseconds: Clock.realtime)
                    skipped[name] = error.message
                }
            case .skipped(let reason):
                report.state = .skipped
                report.reason = reason
                skipped[name] = reason
            }
            plugins.append(report)
        }
        return SnapshotDrivers(
            ready: ready, skipped: skipped, standard: configuration.snapshotter,
            file: "\(configuration.root)/default-snapshotter")
    }

    private static func words(_ capabilities: SnapshotterCapabilities) -> [String] {
        var words = [String]()
        if capabilities.directLayers { words.append("direct-layers") }
        if capabilities.parallelLayers { words.append("parallel-layers") }
        if capabilities.sharesBlocks { words.append("shares-blocks") }
        return words
    }

    /// The parts that are not snapshotters, as `gantry plugins` lists them.
    static func report(_ containers: ContainerService) -> [PluginReport] {
        var runtime = PluginReport(kind: "runtime.v1", name: "oci", state: .ready, reason: nil)
        switch containers.standardRuntime {
        case .success(let choice): runtime.capabilities = [choice.name]
        case .failure(let error):
            runtime.state = .skipped
            runtime.reason = error.message
        }
        return [
            PluginReport(kind: "content.v1", name: "disk", state: .ready, reason: nil, requires: ["metadata.v1"]),
            PluginReport(kind: "metadata.v1", name: "sqlite", state: .ready, reason: nil),
            PluginReport(
                kind: "differ.v1", name: "disk", state: .ready, reason: nil,
                requires: ["content.v1", "snapshotter.v1"],
                capabilities: ["tar", "gzip", "zstd"]),
            runtime,
        ]
    }

    /// The configured snapshotter must be one that is built in, or that a manifest promises.
    static func checkSnapshotter(_ configuration: Configuration, _ drivers: SnapshotDrivers) throws(GantryError) {
        let name = configuration.snapshotter
        guard drivers.ready[name] != nil || drivers.skipped[name] != nil else {
            throw GantryError(.invalidArgument, "use snapshotter '\(name)': no such snapshotter")
        }
    }

    /// Only what the operator calls required stops a start.
    static func checkRequired(_ configuration: Configuration, _ plugins: [PluginReport]) throws(GantryError) {
        for wanted in configuration.requiredPlugins {
            guard let plugin = plugins.first(where: { "\($0.kind)/\($0.name)" == wanted }) else {
                throw GantryError(.failedPrecondition, "start gantryd: required plugin '\(wanted)' does not exist")
            }
            guard plugin.state == .ready else {
                throw GantryError(
                    .failedPrecondition, "start gantryd: required plugin '\(wanted)': \(plugin.reason ?? "not ready")")
            }
        }
    }

    /// The number of a group of this machine; nil when there is none of that name.
    static func group(_ name: String) -> UInt32? {
        let files = AccountFiles(passwd: [], group: (try? File.contents("/etc/group", limit: 16 << 20)) ?? [])
        return try? files.group(name)
    }

    /// This installation's own name, drawn at its first start.
    static func identity(_ root: String) throws -> String {
        let path = root + "/id"
        if let bytes = try? File.contents(path, limit: 256),
            let id = try? ContainerID(String(decoding: bytes.filter { $0 > 32 }, as: UTF8.self))
        {
            return id.text
        }
        var generator = SystemRandomNumberGenerator()
        let id = ContainerID(using: &generator).text
        try describing("write '\(path)'") { () throws(Errno) in
            try File.replace(path, with: Array((id + "\n").utf8), sync: true)
        }
        return id
    }

    /// Removes what nothing needs; a container's snapshot only when its root is not mounted any more.
    static func collector(_ metadata: Metadata, _ drivers: SnapshotDrivers, _ tasks: Tasks) -> Collector {
        Collector(metadata) { driver, key in
            guard let snapshotter = drivers.ready[driver] else {
                throw GantryError(.unavailable, "remove snapshot '\(key)': snapshotter '\(driver)' is not ready")
            }
            // A container that was moved to another driver does not hold what it had before.
            let isHeld =
                tasks.holds(id: key)
                && !metadata.allContainers().contains { $0.id.text == key && $0.snapshotter != driver }
            guard !isHeld else {
                throw GantryError(.unavailable, "remove snapshot '\(key)': its container's root is still mounted")
            }
            try snapshotter.remove(key)
        }
    }
}
