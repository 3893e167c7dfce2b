package import GantryCore
package import GantryModel
import GantrySystem
package import GantryWire
import Synchronization

/// A snapshotter in another process: every call of the contract is a call of its socket.
///
/// The methods are those that gantryd itself serves as `snapshots.*` (docs/plugins.md), so this speaks to plugins and to
/// daemons alike. Nothing is kept here: what the plugin answers is what there is. Mounts and directories are judged by a
/// `MountRule` before anybody sees them.
package final class RemoteSnapshotter: Snapshotter {
    package let capabilities: SnapshotterCapabilities
    /// Whether content is durable only after `snapshots.sync`.
    private let syncs: Bool
    private let sweeps: Bool
    private let link: PluginLink
    private let rule: MountRule
    /// Sent with every call: which of a daemon's drivers is meant.
    private let extra: JSONObject
    private let isClosed = Atomic(false)

    /// - Parameter words: the plugin's capabilities: `direct-layers`, `parallel-layers`, `shares-blocks`, `sync`, `sweep`.
    package init(_ link: PluginLink, capabilities words: [String], rule: MountRule, extra: JSONObject = [:]) {
        self.link = link
        self.rule = rule
        self.extra = extra
        capabilities = SnapshotterCapabilities(
            directLayers: words.contains("direct-layers"), parallelLayers: words.contains("parallel-layers"),
            sharesBlocks: words.contains("shares-blocks"))
        syncs = words.contains("sync")
        sweeps = words.contains("sweep")
    }

    private func call<Value>(
        _ method: String, _ params: JSONObject, read: (JSON) throws -> Value
    ) throws(GantryError) -> Value {
        try checkOpen(method)
        return try link.call(method, with(params), read: read)
    }

    private func checkOpen(_ method: String) throws(GantryError) {
        if isClosed.load(ordering: .relaxed) {
            throw GantryError(.unavailable, "call '\(method)' of plugin '\(link.id)': the snapshotter is closed")
        }
    }

    private func with(_ params: JSONObject) -> JSONObject {
        var params = params
        for member in extra.members { params[member.key] = member.value }
        return params
    }

    // MARK: questions

    package func stat(_ key: String) throws -> SnapshotInfo {
        try call("snapshots.stat", ["key": .string(key)]) { try SnapshotInfo(json: $0) }
    }

    package func usage(_ key: String) throws -> SnapshotUsage {
        try call("snapshots.usage", ["key": .string(key)]) { try SnapshotUsage(json: $0) }
    }

    package func mounts(_ key: String) throws -> [Mount] {
        let mounts = try call("snapshots.mounts", ["key": .string(key)], read: Self.mounts)
        try rule.check(mounts, of: link.id)
        return mounts
    }

    private static func mounts(_ answer: JSON) throws -> [Mount] {
        guard let list = answer["mounts"]?.array else { throw Nonsense("'mounts' is missing or no array") }
        return try list.map { try Mount(json: $0) }
    }

    package func walk(_ filter: SnapshotFilter, _ body: (SnapshotInfo) throws -> Void) throws {
        try checkOpen("snapshots.list")
        let found = try link.items("snapshots.list", with([:])) { try SnapshotInfo(json: $0) }
        for info in found where filter.matches(info) { try body(info) }
    }

    package func layerTarget(_ key: String) throws -> LayerTarget? {
        guard capabilities.directLayers else { return nil }
        let target = try call("snapshots.target", ["key": .string(key)]) { try LayerTarget(json: $0) }
        try rule.check(target, of: link.id)
        return target
    }

    package func unsynced() -> [String] {
        guard syncs else { return [] }
        let names = try? call("snapshots.unsynced", [:]) { ($0["names"]?.array ?? []).compactMap(\.string) }
        return names ?? []
    }

    // MARK: changes

    package func update(_ key: String, labels: Labels) throws -> SnapshotInfo {
        try call("snapshots.update", ["key": .string(key), "labels": Self.json(labels)]) {
            try SnapshotInfo(json: $0)
        }
    }

    package func prepare(_ key: String, parent: String?, labels: Labels) throws -> [Mount] {
        try make("snapshots.prepare", key, parent, labels)
    }

    package func view(_ key: String, parent: String?, labels: Labels) throws -> [Mount] {
        try make("snapshots.view", key, parent, labels)
    }

    private func make(_ method: String, _ key: String, _ parent: String?, _ labels: Labels) throws -> [Mount] {
        var params: JSONObject = ["key": .string(key), "labels": Self.json(labels)]
        if let parent { params["parent"] = .string(parent) }
        let mounts = try call(method, params, read: Self.mounts)
        do throws(GantryError) { try rule.check(mounts, of: link.id) } catch {
            try? remove(key)
            throw error
        }
        return mounts
    }

    package func commit(_ key: String, as name: String, labels: Labels, usage: SnapshotUsage?) throws {
        var params: JSONObject = ["key": .string(key), "name": .string(name), "labels": Self.json(labels)]
        if let usage { params["usage"] = usage.json }
        try call("snapshots.commit", params) { _ in }
    }

    package func remove(_ key: String) throws {
        try call("snapshots.remove", ["key": .string(key)]) { _ in }
    }

    package func sync(_ name: String) throws {
        guard syncs else { return try checkCommitted(name) }
        try call("snapshots.sync", ["name": .string(name)]) { _ in }
    }

    private func checkCommitted(_ name: String) throws {
        let kind = try stat(name).kind
        guard kind == .committed else {
            throw GantryError(.failedPrecondition, "sync snapshot '\(name)': it is \(kind.rawValue)")
        }
    }

    package func sweep() throws {
        try checkOpen("snapshots.sweep")
        if sweeps { try call("snapshots.sweep", [:]) { _ in } }
    }

    /// Lets go of the plugin, which goes on by itself: what is unsynced there is its own affair.
    package func close() throws {
        if isClosed.exchange(true, ordering: .acquiringAndReleasing) { return }
    }

    private static func json(_ labels: Labels) -> JSON {
        .object(JSONObject(labels.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }))
    }
}

extension LayerTarget {
    /// Reads `{"directory", "style", "parents"}`.
    init(json: JSON) throws(Nonsense) {
        guard let directory = json["directory"]?.string else { throw Nonsense("'directory' is missing or no string") }
        guard let style = Style(rawValue: json["style"]?.string ?? "") else {
            throw Nonsense("'style' is neither 'plain' nor 'overlay'")
        }
        self.init(
            directory: directory, style: style, parents: (json["parents"]?.array ?? []).compactMap(\.string))
    }
}
