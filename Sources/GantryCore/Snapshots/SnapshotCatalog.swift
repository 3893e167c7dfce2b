import GantryModel

/// What the metadata store knows of a snapshot beside its driver: who made it, and how large it is.
package struct SnapshotRecord: Sendable, Equatable {
    /// The driver that has it.
    package var driver: String
    /// Where it was made. Committed layers are shared: another namespace may use them too.
    package var namespace: String
    /// What the driver says of it; `info.name` is the key.
    package var info: SnapshotInfo
    /// The space it takes by itself, once it is committed.
    package var usage: SnapshotUsage

    /// Makes a record.
    package init(driver: String, namespace: String, info: SnapshotInfo, usage: SnapshotUsage = .init()) {
        self.driver = driver
        self.namespace = namespace
        self.info = info
        self.usage = usage
    }

    /// The snapshot as an end of references.
    package var node: Node { .snapshot(driver: driver, key: info.name) }
}

/// The rows of snapshots: what the collector works on. The driver is asked first and then the row is written; on removal
/// the row goes first.
package protocol SnapshotCatalog: AnyObject, Sendable {
    /// Records a snapshot that the driver has made, its reference to its parent, and a reference from each of `holders`.
    /// A row of the same key is replaced. One transaction.
    /// - Throws: `.notFound` when a holder or the parent is not there.
    func putSnapshot(_ record: SnapshotRecord, holders: [Node]) throws

    /// Records that the driver has made the active snapshot `key` the committed one of `record`: the row of `key` goes, and
    /// who needed it needs `record` now, beside `holders`. One transaction.
    /// - Throws: `.notFound` when a holder or the parent is not there.
    func commitSnapshot(_ key: String, as record: SnapshotRecord, holders: [Node]) throws

    /// The row of a key.
    /// - Throws: `.notFound`.
    func snapshot(driver: String, key: String) throws -> SnapshotRecord

    /// The row of a key, and what needs it.
    /// - Throws: `.notFound`.
    func snapshotAndHolders(driver: String, key: String) throws -> (record: SnapshotRecord, holders: [Node])

    /// All rows of a driver, ordered by key; of all namespaces when `namespace` is nil.
    func snapshots(driver: String, namespace: String?) throws -> [SnapshotRecord]

    /// Notes that the content of committed snapshots is on the disk now. Unknown keys are passed over.
    func markSynced(driver: String, _ keys: [String]) throws

    /// Forgets the row, its references and those of `holders` to it in one transaction; the caller removes the snapshot from
    /// the driver.
    /// - Parameter namespace: whose it must be unless it is committed; nil for whoever has it.
    /// - Returns: what the row said.
    /// - Throws: `.notFound`; `.failedPrecondition` when something but `holders` still needs it.
    @discardableResult
    func forgetSnapshot(
        driver: String, key: String, namespace: String?, despite holders: [Node]
    ) throws -> SnapshotRecord
}
