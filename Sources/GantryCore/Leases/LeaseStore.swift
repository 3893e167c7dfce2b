package import GantryModel

/// Keeps leases and the references between everything that the collector knows.
///
/// # Model
///
/// A reference goes from a `Node` to a `Node` and says: as long as the first is there, the second must be. Who makes
/// something that needs something else records it here or hands it over with what it makes:
///
///     image ──▶ manifest or index blob ──▶ manifest, configuration and layer blobs
///                        │
///                        └──▶ committed snapshot of the image's chain id ──▶ parent snapshot ──▶ …
///     container ──▶ its snapshot ──▶ parent snapshot
///     container ──▶ manifest blob of its image
///     lease ──▶ anything
///
/// When something loses its last reference it becomes a candidate in the same transaction; the collector looks again
/// and removes it. What never had a reference is left alone (`fsck` finds it), so work under a lease.
///
/// # Lifecycle of a lease
///
///     create ──▶ add, add, … ──▶ delete, or it expires ──▶ what only it held becomes a candidate
package protocol LeaseStore: AnyObject, Sendable {
    /// Makes a lease; `id` is drawn when nil. Ends by itself at `expires`.
    /// - Throws: `.alreadyExists`; `.invalidArgument` (id).
    func createLease(namespace: String, id: String?, labels: Labels, expires: Timestamp?) throws -> Lease

    /// What is known of a lease.
    /// - Throws: `.notFound`.
    func lease(_ key: LeaseKey) throws -> Lease

    /// The leases of a namespace, ordered by id.
    func leases(namespace: String) throws -> [Lease]

    /// Ends a lease.
    /// - Throws: `.notFound`.
    func deleteLease(_ key: LeaseKey) throws

    /// Records that `from` needs each of `to`. Idempotent. One transaction.
    /// - Throws: `.notFound` when `from`, or one of `to`, is not there.
    func addReferences(from: Node, to: [Node]) throws

    /// Takes references back; those that are not there are passed over. One transaction.
    func removeReferences(from: Node, to: [Node]) throws

    /// What `from` needs, ordered.
    func references(from: Node) throws -> [Node]

    /// What needs `to`, ordered.
    func references(to: Node) throws -> [Node]
}
