import GantryModel
import GantryWire
import Logging

/// Taking up what an operator has changed, while containers run.
extension Daemon {
    /// The configuration first: when it is wrong nothing changes at all. Then the manifests, each by itself.
    /// - Returns: `{configuration: {changed, later}, plugins: {added, removed, changed, kept, faults}}`.
    static func reload(
        _ live: LiveConfiguration, _ plugins: PluginHost, _ drivers: SnapshotDrivers, _ log: Logger
    ) throws(GantryError) -> JSONObject {
        let (outcome, now) = try live.reload()
        drivers.configure(now.snapshotter)
        let changes = plugins.load(directory: now.pluginsDirectory)
        log.notice(
            "reloaded",
            metadata: [
                "changed": "\(outcome.changed)", "later": "\(outcome.later)", "added": "\(changes.added)",
                "removed": "\(changes.removed)", "replaced": "\(changes.changed)", "faults": "\(changes.faults.count)",
            ])
        return [
            "configuration": ["changed": .strings(outcome.changed), "later": .strings(outcome.later)],
            "plugins": .object(changes.json),
        ]
    }
}
