package import GantryModel

/// Keeps containers. Reads are answered from memory (but `spec`); each change is one transaction, durable when it returns.
///
/// # Lifecycle
///
///     create ──▶ created ──▶ running ⇄ paused ──▶ exited ──▶ (running again, …) ──▶ delete ──▶ gone
///                    └── setStatus, each with its events ──┘
///
/// The store keeps what it is told; which change of status is right is decided above it. The name is free and the
/// container's references are gone when `delete` returns; its snapshot is removed later by the collector.
package protocol ContainerStore: AnyObject, Sendable {
    /// Records a container, its snapshot, what both need, and what there is to tell about it.
    ///
    /// The references from container to snapshot and to the image's manifest, and from the snapshot to its parent,
    /// are recorded by themselves; `references` are further needs of the container.
    /// Cost: one transaction and one small file.
    /// - Throws: `.alreadyExists` when the name (or id) is taken; `.invalidArgument` (name, namespace); `.notFound` when
    ///   something that is referred to is not there.
    func createContainer(
        _ record: ContainerRecord, spec: [UInt8], snapshot: SnapshotRecord?, references: [Node], events: [EventDraft]
    ) throws

    /// The container with this id. Cost: a look-up in memory, under 5 µs.
    /// - Throws: `.notFound`.
    func container(namespace: String, id: ContainerID) throws -> ContainerRecord

    /// The container that a person means: by whole id, by name, or by the beginning of an id, in this order.
    /// - Throws: `.notFound`; `.invalidArgument` when several ids begin so.
    func findContainer(namespace: String, _ text: String) throws -> ContainerRecord

    /// The containers of a namespace, newest first. Cost: under a microsecond each.
    func containers(namespace: String) -> [ContainerRecord]

    /// The containers of all namespaces, in no order; for the daemon's own start.
    func allContainers() -> [ContainerRecord]

    /// The runtime specification that the container was created with, as JSON. Read from the database.
    /// - Throws: `.notFound`.
    func spec(_ id: ContainerID) throws -> [UInt8]

    /// Records how the container is doing now.
    /// - Returns: the record after the change.
    /// - Throws: `.notFound`.
    @discardableResult
    func setStatus(_ id: ContainerID, _ status: ContainerStatus, events: [EventDraft]) throws -> ContainerRecord

    /// Replaces the specification, for what may change in a container's life: its limits.
    /// - Throws: `.notFound`.
    func setSpec(_ id: ContainerID, _ spec: [UInt8], events: [EventDraft]) throws

    /// Gives another name.
    /// - Throws: `.notFound`, `.alreadyExists`, `.invalidArgument`.
    @discardableResult
    func renameContainer(_ id: ContainerID, to name: String, events: [EventDraft]) throws -> ContainerRecord

    /// Makes `snapshot`, of another driver, the container's snapshot; the one before loses its reference, and is
    /// collected. One transaction: the container has the one or the other, whatever happens.
    /// - Returns: the record after the change.
    /// - Throws: `.notFound` (the container, or the snapshot's parent); `.aborted` when its snapshot is not of driver
    ///   `from` any more.
    @discardableResult
    func moveContainer(
        _ id: ContainerID, from driver: String, to snapshot: SnapshotRecord, events: [EventDraft]
    ) throws -> ContainerRecord

    /// Forgets the container; what only it needed becomes a candidate for collection. Its directory goes to the trash.
    /// - Returns: what it was.
    /// - Throws: `.notFound`.
    @discardableResult
    func deleteContainer(_ id: ContainerID, events: [EventDraft]) throws -> ContainerRecord
}
