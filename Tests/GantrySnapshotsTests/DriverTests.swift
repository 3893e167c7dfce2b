import GantrySnapshots
import GantryTesting
import Testing

/// The behaviour suite over both built-in drivers; what they share is tested there and nowhere else.
@Suite struct DriverTests {
    @Test(arguments: SnapshotSuite.checks)
    func overlayfs(_ check: SnapshotCheck) throws {
        try check.run { root in try BuiltInSnapshotter.overlayfs.open(root: root) }
    }

    @Test(arguments: SnapshotSuite.checks)
    func native(_ check: SnapshotCheck) throws {
        try check.run { root in try BuiltInSnapshotter.native.open(root: root) }
    }
}
