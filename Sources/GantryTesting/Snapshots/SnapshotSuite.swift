/// The behaviours that every snapshotter has, whatever it is made of.
///
/// Run them over a driver of your own:
///
/// ```swift
/// @Test(arguments: SnapshotSuite.checks) func behaves(_ check: SnapshotCheck) throws {
///     try check.run { root in try MyDriver(root: root) }
/// }
/// ```
package enum SnapshotSuite {
    /// All checks.
    package static let checks: [SnapshotCheck] =
        lifecycle + refusals + content + attributes + depth + restarts

    /// Names of checks that look at the files below the snapshotter's root, and say nothing where those are unknown.
    package static let needsFiles: Set<String> = ["removing gives the space back"]
}
