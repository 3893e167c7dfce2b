package import GantryCore
package import GantryModel

/// A corner of somebody's snapshotter: every key gets a prefix, so that a check finds it empty and leaves it as it was.
package final class ScopedSnapshotter: Snapshotter {
    private let whole: any Snapshotter
    private let prefix: String

    package init(_ whole: any Snapshotter, prefix: String) {
        self.whole = whole
        self.prefix = prefix
    }

    package var capabilities: SnapshotterCapabilities { whole.capabilities }

    /// Keys that are no keys stay what they are: that they are refused is one of the checks.
    private func outside(_ key: String) -> String {
        key.isEmpty || key.utf8.contains(0) || key.utf8.count + prefix.utf8.count > 1024 ? key : prefix + key
    }

    private func inside(_ info: SnapshotInfo) -> SnapshotInfo? {
        guard info.name.hasPrefix(prefix) else { return nil }
        var info = info
        func inside(_ name: String) -> String { name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name }
        info.name = inside(info.name)
        info.parent = info.parent.map(inside)
        info.committedFrom = info.committedFrom.map(inside)
        return info
    }

    package func stat(_ key: String) throws -> SnapshotInfo {
        let info = try whole.stat(outside(key))
        return inside(info) ?? info
    }

    package func update(_ key: String, labels: Labels) throws -> SnapshotInfo {
        let info = try whole.update(outside(key), labels: labels)
        return inside(info) ?? info
    }

    package func usage(_ key: String) throws -> SnapshotUsage { try whole.usage(outside(key)) }
    package func mounts(_ key: String) throws -> [Mount] { try whole.mounts(outside(key)) }

    package func prepare(_ key: String, parent: String?, labels: Labels) throws -> [Mount] {
        try whole.prepare(outside(key), parent: parent.map(outside), labels: labels)
    }

    package func view(_ key: String, parent: String?, labels: Labels) throws -> [Mount] {
        try whole.view(outside(key), parent: parent.map(outside), labels: labels)
    }

    package func commit(_ key: String, as name: String, labels: Labels, usage: SnapshotUsage?) throws {
        try whole.commit(outside(key), as: outside(name), labels: labels, usage: usage)
    }

    package func remove(_ key: String) throws { try whole.remove(outside(key)) }

    package func walk(_ filter: SnapshotFilter, _ body: (SnapshotInfo) throws -> Void) throws {
        var filter = filter
        filter.parent = filter.parent.map(outside)
        try whole.walk(filter) { info in
            if let info = inside(info) { try body(info) }
        }
    }

    package func sweep() throws { try whole.sweep() }
    package func sync(_ name: String) throws { try whole.sync(outside(name)) }

    package func unsynced() -> [String] {
        whole.unsynced().filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }

    package func layerTarget(_ key: String) throws -> LayerTarget? { try whole.layerTarget(outside(key)) }
    package func close() throws { try whole.close() }

    /// Removes what a check has left, children before their parents.
    /// - Throws: when something cannot be removed.
    package func removeAll() throws {
        while true {
            var names: [String] = []
            try walk(.all) { names.append($0.name) }
            if names.isEmpty { return }
            var failure: (any Error)?
            let before = names.count
            names.removeAll { name in
                do { try remove(name) } catch {
                    failure = error
                    return false
                }
                return true
            }
            if names.count == before, let failure { throw failure }
        }
    }
}
