import GantryCore
import GantryModel
package import GantryRemote
import GantryStore
import GantrySystem
import GantryTesting
import GantryWire

/// The behaviour suites as a tool for those who write plugins: `gantry conformance`.
///
/// The checks are those that `make test` runs over the built-in drivers and stores.
package struct Conformance {
    /// One check and what came of it.
    package struct Line: Sendable {
        package enum Outcome: Sendable, Equatable {
            case passed
            case failed(String)
            case skipped(String)
        }

        package var name: String
        package var outcome: Outcome
        package var milliseconds: Int64
    }

    /// Only checks whose name contains this.
    package var filter: String?
    /// Gets every line as soon as it is known.
    package var report: (Line) -> Void

    package init(filter: String?, report: @escaping (Line) -> Void) {
        self.filter = filter
        self.report = report
    }

    // MARK: snapshotters

    /// Asks what listens at a socket for its description.
    /// - Throws: `.unavailable` when nothing does, and what the plugin answers.
    package static func describe(_ socket: String, milliseconds: Int64) throws -> PluginDescription {
        try PluginLink(socket, socket: socket).probe("plugin.describe", milliseconds: milliseconds) {
            try PluginDescription(json: $0)
        }
    }

    /// Tries a snapshotter at a socket.
    ///
    /// Every check works in a corner of its own and leaves the plugin as it was. Needs root, as it mounts.
    /// - Parameters:
    ///   - capabilities: what the plugin says that it can do.
    ///   - rule: where its mounts may lie.
    /// - Returns: whether nothing failed.
    package func snapshotter(
        socket: String, capabilities: [String], rule: MountRule, milliseconds: Int64
    ) -> Bool {
        // A plugin that fails is to be seen failing, in every check.
        let patience = PluginLink.Patience(deadline: milliseconds, failures: .max, most: 256)
        let run = Hex.encode(File.random(4))
        return check(SnapshotSuite.checks.enumerated().map { ($1.name, (number: $0, check: $1)) }) { subject in
            if SnapshotSuite.needsFiles.contains(subject.check.name) {
                return "a socket does not show where the files lie"
            }
            let open = { @Sendable () -> ScopedSnapshotter in
                let link = PluginLink(socket, socket: socket, patience: patience)
                return ScopedSnapshotter(
                    RemoteSnapshotter(link, capabilities: capabilities, rule: rule),
                    prefix: "conformance-\(run)-\(subject.number)/")
            }
            defer { try? open().removeAll() }
            try subject.check.run { _ in open() }
            try open().removeAll()
            return nil
        }
    }

    // MARK: content stores

    /// Tries the content store in directories below `place`: whether a file system keeps what the store needs of it.
    /// - Returns: whether nothing failed.
    package func content(below place: String) -> Bool {
        check(ContentSuite.checks.map { ($0.name, $0) }) { check in
            try check.run(below: place) { root in
                let metadata = try Metadata(layout: StoreLayout(root: root))
                let collector = Collector(metadata) { _, _ in }
                return ContentSubject(
                    content: try DiskContentStore(metadata), leases: metadata,
                    collect: { _ = try collector.drain() }, close: { try metadata.close() })
            }
            return nil
        }
    }

    /// - Parameter body: does the check; answers why it was not done.
    private func check<Subject>(_ subjects: [(String, Subject)], _ body: (Subject) throws -> String?) -> Bool {
        var isRight = true
        for (name, subject) in subjects where filter.map({ name.contains($0) }) ?? true {
            let start = Clock.monotonic
            var outcome = Line.Outcome.passed
            do {
                if let reason = try body(subject) { outcome = .skipped(reason) }
            } catch {
                outcome = .failed("\(error)")
                isRight = false
            }
            report(Line(name: name, outcome: outcome, milliseconds: (Clock.monotonic - start) / 1_000_000))
        }
        return isRight
    }
}
