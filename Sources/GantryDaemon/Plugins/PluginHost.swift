import GantryCore
import GantryModel
import GantryRemote
import GantrySystem
import GantryWire
import Logging

/// The plugins of other processes: read from their manifests at the start, and again at a reload.
final class PluginHost: Sendable {
    /// What a reload did.
    struct Changes: Sendable {
        var added: [String] = []
        var removed: [String] = []
        var changed: [String] = []
        var kept: [String] = []
        /// What is wrong with manifests; those that are right were taken up all the same.
        var faults: [String] = []

        var json: JSONObject {
            [
                "added": .strings(added), "removed": .strings(removed), "changed": .strings(changed),
                "kept": .strings(kept), "faults": .strings(faults),
            ]
        }
    }

    private struct State {
        var directory: String
        var hosted: [String: HostedPlugin] = [:]
        /// Verifiers that are run for each image.
        var commands: [String: PluginManifest] = [:]
        var faults: [PluginReport] = []
    }

    /// Ids of what is built in.
    private let builtIn: Set<String>
    private let drivers: SnapshotDrivers
    private let log: Logger
    /// Tidies up in a plugin's snapshotter before anybody uses it.
    private let adopt: @Sendable (String, any Snapshotter) throws -> Void
    private let state: Monitor<State>
    /// One reload at a time.
    private let turn = Monitor(false)

    init(
        directory: String, builtIn: Set<String>, drivers: SnapshotDrivers, log: Logger,
        adopt: @escaping @Sendable (String, any Snapshotter) throws -> Void
    ) {
        self.builtIn = builtIn
        self.drivers = drivers
        self.log = log
        self.adopt = adopt
        state = Monitor(State(directory: directory))
    }

    // MARK: what there is

    /// Every plugin of another process, by id.
    var reports: [PluginReport] {
        let (hosted, commands, faults) = state.with { ($0.hosted, $0.commands, $0.faults) }
        let running = hosted.values.map(\.report)
        let single = commands.values.map { manifest -> PluginReport in
            var report = PluginReport(kind: manifest.kind, name: manifest.name, state: .ready, reason: nil)
            report.process = ["manifest": .string(manifest.file), "exec": .strings(manifest.exec)]
            if !Path.isExecutable(manifest.exec[0]) {
                report.state = .failed
                report.reason = "'\(manifest.exec[0])' cannot be run"
            }
            return report
        }
        return (running + single + faults).sorted { $0.id < $1.id }
    }

    /// Those of one kind that are asked over a socket, by name.
    func plugins(_ kind: String) -> [HostedPlugin] {
        state.with { $0.hosted.values.filter { $0.manifest.kind == kind } }
            .sorted { $0.manifest.name < $1.manifest.name }
    }

    /// Verifiers that are run for each image, by name.
    var commands: [PluginManifest] { state.with { Array($0.commands.values) }.sorted { $0.name < $1.name } }

    /// Waits until these are ready, or known not to be.
    func wait(for ids: [String], milliseconds: Int64) {
        let end = Clock.monotonic + milliseconds * 1_000_000
        for id in ids {
            state.with { $0.hosted[id] }?.waitDecided(milliseconds: max(1, (end - Clock.monotonic) / 1_000_000))
        }
    }

    // MARK: changes

    /// Takes up what the manifests say now. A plugin whose manifest is the same goes on untouched.
    @discardableResult
    func load(directory: String? = nil) -> Changes {
        _ = turn.wait { isTaken -> Bool? in
            if isTaken { return nil }
            isTaken = true
            return true
        }
        defer {
            turn.with { $0 = false }
            turn.wakeAll()
        }
        let place = state.with { state -> String in
            if let directory { state.directory = directory }
            return state.directory
        }
        var changes = Changes()
        var faults: [PluginReport] = []
        var wanted: [String: PluginManifest] = [:]
        for (file, manifest) in PluginManifest.all(in: place, taken: builtIn) {
            switch manifest {
            case .success(let manifest): wanted[manifest.id] = manifest
            case .failure(let error):
                let name = Path.name(of: file)
                let shown = name == "plugin.toml" ? Path.name(of: Path.parent(of: file)) : String(name.dropLast(5))
                var report = PluginReport(kind: "plugin", name: shown, state: .failed, reason: error.message)
                report.process = ["manifest": .string(file)]
                faults.append(report)
                changes.faults.append(error.message)
                log.error("plugin manifest", metadata: ["error": "\(error.message)"])
            }
        }
        let (hosted, commands) = state.with { ($0.hosted, $0.commands) }
        let old = hosted.mapValues(\.manifest).merging(commands) { first, _ in first }
        for (id, manifest) in old.sorted(by: { $0.key < $1.key }) where wanted[id] != manifest {
            if wanted[id] == nil { changes.removed.append(id) }
            takeOut(id, manifest, hosted[id], isGone: wanted[id] == nil)
        }
        for (id, manifest) in wanted.sorted(by: { $0.key < $1.key }) {
            if old[id] == manifest {
                changes.kept.append(id)
                continue
            }
            if old[id] == nil { changes.added.append(id) } else { changes.changed.append(id) }
            bring(manifest)
        }
        let found = faults
        state.with { $0.faults = found }
        return changes
    }

    private func takeOut(_ id: String, _ manifest: PluginManifest, _ plugin: HostedPlugin?, isGone: Bool) {
        if manifest.kind == "snapshotter.v1" {
            drivers.remove(manifest.name, reason: isGone ? nil : "its plugin is being replaced")
        }
        plugin?.stop()
        state.with { state in
            state.hosted[id] = nil
            state.commands[id] = nil
        }
    }

    private func bring(_ manifest: PluginManifest) {
        if manifest.isCommand {
            state.with { $0.commands[manifest.id] = manifest }
            return
        }
        if manifest.kind == "snapshotter.v1" { drivers.expect(manifest.name) }
        do throws(Errno) {
            let plugin = try HostedPlugin(manifest, log: log) { [drivers, adopt] plugin, description in
                guard manifest.kind == "snapshotter.v1" else { return }
                let snapshotter = RemoteSnapshotter(
                    plugin.link, capabilities: description.capabilities, rule: manifest.rule)
                try adopt(manifest.name, snapshotter)
                drivers.add(manifest.name, snapshotter)
            }
            state.with { $0.hosted[manifest.id] = plugin }
        } catch {
            log.error("plugin", metadata: ["plugin": "\(manifest.id)", "error": "\(error.reason)"])
            drivers.remove(manifest.name, reason: "no thread for its plugin: \(error.reason)")
        }
    }

    /// Ends all of them, at once.
    func stop() {
        let all = state.with { state -> [HostedPlugin] in
            defer { state.hosted = [:] }
            return Array(state.hosted.values)
        }
        let left = Monitor(all.count)
        for plugin in all {
            let body: @Sendable () -> Void = {
                plugin.stop()
                left.with { $0 -= 1 }
                left.wakeAll()
            }
            do throws(Errno) { try Threads.start("gantry-plugin-end", body) } catch { body() }
        }
        _ = left.wait(milliseconds: 9000) { $0 == 0 ? true : nil }
    }
}
