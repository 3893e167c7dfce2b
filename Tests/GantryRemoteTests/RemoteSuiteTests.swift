import GantryConformance
import GantryRemote
import GantrySystem
import GantryTesting
import Testing

/// The behaviour suite over plugins in other processes, each with a directory and a socket of its own.
@Suite struct RemoteSuiteTests {
    @Test(arguments: SnapshotSuite.checks)
    func python(_ check: SnapshotCheck) throws {
        try check.run { root in try PluginFixture.snapshotter(PluginFixture.dirsnap, root: root) }
    }

    @Test(arguments: SnapshotSuite.checks)
    func overlayInC(_ check: SnapshotCheck) throws {
        try check.run { root in try PluginFixture.snapshotter(PluginFixture.overlaysnap.get(), root: root) }
    }

    /// What the tool for plugin authors does: one plugin that keeps what it has, and a corner of it for each check.
    @Test func asATool() throws {
        let place = "/tmp/gantry-plugin-\(File.random(6).map { String($0, radix: 16) }.joined())"
        try Path.makeDirectory(place, mode: 0o700)
        defer { try? Directory.removeTree(place) }
        let plugin = try PluginFixture(PluginFixture.dirsnap, root: place + "/s", socket: place + "/socket")
        defer { plugin.end() }
        let description = try Conformance.describe(place + "/socket", milliseconds: 5000)
        let lines = Monitor<[Conformance.Line]>([])
        let conformance = Conformance(filter: "removed", report: { line in lines.with { $0.append(line) } })
        let isRight = conformance.snapshotter(
            socket: place + "/socket", capabilities: description.capabilities,
            rule: MountRule(roots: [place + "/s"]), milliseconds: 10_000)
        #expect(isRight)
        let found = lines.with { $0 }
        #expect(found.count >= 3)
        #expect(found.allSatisfy { $0.outcome == .passed })
        let left = try Directory.list(place + "/s")
        #expect(left.isEmpty, "the plugin is left as it was")
        // Every mount is refused when nothing may be mounted: the checks fail, and say so.
        let strict = Conformance(filter: "removed", report: { line in lines.with { $0 = [line] } })
        let isStillRight = strict.snapshotter(
            socket: place + "/socket", capabilities: description.capabilities, rule: MountRule(roots: []),
            milliseconds: 10_000)
        #expect(!isStillRight)
        guard case .failed(let reason)? = lines.with({ $0.first })?.outcome else {
            Issue.record("a check without mounts passed")
            return
        }
        #expect(reason.contains("lies outside"), "\(reason)")
        let leftAgain = try Directory.list(place + "/s")
        #expect(leftAgain.isEmpty)
    }
}
