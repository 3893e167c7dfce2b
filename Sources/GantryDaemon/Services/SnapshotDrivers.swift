import GantryCore
import GantryImages
import GantryModel
import GantrySystem
import GantryWire

/// The snapshotters by name, as they come and go: those built in, and those of plugins.
///
/// Which one new containers get is the configuration's choice, until `gantry snapshotter use` makes another one; that is
/// kept in a file of the root directory and outlives a restart.
final class SnapshotDrivers: Sendable {
    private struct State {
        var ready: [String: any Snapshotter]
        /// Why others are not.
        var skipped: [String: String]
        /// Plugins that have not answered yet.
        var starting: Set<String> = []
        var configured: String
        var chosen: String?
    }

    private let state: Monitor<State>
    /// Where the choice is kept.
    private let file: String?
    /// How long a call waits for a plugin that is just starting, in milliseconds.
    private static let patience: Int64 = 5000

    init(ready: [String: any Snapshotter], skipped: [String: String], standard: String, file: String? = nil) {
        self.file = file
        var state = State(ready: ready, skipped: skipped, configured: standard)
        if let file, let bytes = try? File.contents(file, limit: 4096) {
            let name = String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
            if !name.isEmpty { state.chosen = name }
        }
        self.state = Monitor(state)
    }

    /// Those that can be used now.
    var ready: [String: any Snapshotter] { state.with { $0.ready } }
    /// Why others cannot.
    var skipped: [String: String] { state.with { $0.skipped } }
    /// What a container gets that names none.
    var standard: String { state.with { $0.chosen ?? $0.configured } }
    /// Whether `use` chose it.
    var isChosen: Bool { state.with { $0.chosen != nil } }

    /// The driver of that name, the standard one when nil. Waits a moment for a plugin that is just starting.
    /// - Throws: `.notFound` for a name that is none, `.failedPrecondition` for one that cannot work here.
    func driver(_ name: String?) throws(GantryError) -> Unpacker.Driver {
        let name = name ?? standard
        let found = state.wait(milliseconds: Self.patience) { state -> (any Snapshotter)?? in
            if let snapshotter = state.ready[name] { return .some(snapshotter) }
            return state.starting.contains(name) ? nil : .some(nil)
        }
        if let snapshotter = found ?? nil { return Unpacker.Driver(name: name, snapshotter: snapshotter) }
        if let reason = skipped[name] {
            throw GantryError(.failedPrecondition, "use snapshotter '\(name)': \(reason)")
        }
        throw GantryError(
            .notFound,
            "use snapshotter '\(name)': no such snapshotter (there are \(ready.keys.sorted().joined(separator: ", ")))")
    }

    /// A plugin is expected to bring this one.
    func expect(_ name: String) {
        state.with { state in
            state.starting.insert(name)
            state.skipped[name] = "its plugin has not answered yet"
        }
    }

    /// From now on it can be used.
    func add(_ name: String, _ snapshotter: any Snapshotter) {
        state.with { state in
            state.ready[name] = snapshotter
            state.skipped[name] = nil
            state.starting.remove(name)
        }
        state.wakeAll()
    }

    /// From now on it cannot be used; nil when there is no such snapshotter any more.
    func remove(_ name: String, reason: String?) {
        state.with { state in
            state.ready[name] = nil
            state.skipped[name] = reason
            state.starting.remove(name)
        }
        state.wakeAll()
    }

    /// The configuration names another one.
    func configure(_ name: String) { state.with { $0.configured = name } }

    /// Makes it what new containers get, from now on and after a restart; nil goes back to the configuration.
    /// - Throws: as `driver`; `.internal` when the choice cannot be written.
    func use(_ name: String?) throws(GantryError) {
        if let name { _ = try driver(name) }
        if let file {
            try describing("write '\(file)'") { () throws(Errno) in
                if let name {
                    try File.replace(file, with: Array((name + "\n").utf8), sync: true)
                } else {
                    do throws(Errno) { try Path.unlink(file) } catch .noEntry {}
                }
            }
        }
        state.with { $0.chosen = name }
    }
}
