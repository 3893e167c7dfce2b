/// The behaviours that every content store has, whatever keeps its bytes.
///
/// Run them over a store of your own:
///
/// ```swift
/// @Test(arguments: ContentSuite.checks) func behaves(_ check: ContentCheck) throws {
///     try check.run { root in try subject(over: root) }
/// }
/// ```
package enum ContentSuite {
    /// All checks.
    package static let checks: [ContentCheck] = writing + resuming + committing + reading + sharing
}
