public import GantryModel

/// Gives containers their root file systems, and image layers a place to be unpacked into.
///
/// # Model
///
/// A snapshot is a file system tree. A driver keeps snapshots, each made on top of at most one *parent*, and knows how to
/// mount them; what it does to make that cheap (stacking, sharing blocks, copying) is its own affair. A driver never
/// looks into images or containers, and callers never look into a driver's directories: they mount what it gives them.
///
/// # Glossary
///
/// - *active*: a snapshot that can be written to. It has a **key**, chosen by the caller (a container's id, say).
/// - *view*: a snapshot that can only be read; it has a key as well. It can never be committed.
/// - *committed*: a snapshot that never changes again and may have children. It has a **name** (a layer's chain id).
/// - *key*, *name*: any text of 1 to 1024 bytes without NUL. Both live in one space: a key cannot equal a name.
/// - *parent chain*: the committed snapshots below a snapshot, nearest first. Parents are always committed.
/// - *mounts*: what to mount, in order, to see a snapshot's tree; see `Mount`.
///
/// # Lifecycle
///
///                      prepare(key, parent)                 commit(key, as: name)
///     (nothing) ─────────────────────────────▶ active ─────────────────────────────▶ committed ──▶ parent of others
///         │                                      │                                       │
///         │   view(key, parent)                  │ remove(key)                           │ remove(name): no children
///         └───────────────────────▶ view ────────┴──────────────────▶ gone ◀─────────────┘
///
/// # Worked example: two layers and a container
///
/// ```swift
/// try layers.prepare("unpack-1", parent: nil, labels: [:])
/// // … write the first layer into it: mount what prepare gave, or ask for layerTarget("unpack-1") …
/// try layers.commit("unpack-1", as: "sha256:aaa…", labels: [:], usage: nil)
/// try layers.prepare("unpack-2", parent: "sha256:aaa…", labels: [:])
/// try layers.commit("unpack-2", as: "sha256:bbb…", labels: [:], usage: nil)
///
/// let mounts = try layers.prepare("my-container", parent: "sha256:bbb…", labels: [:])
/// try mounts.apply(at: rootfs)        // the container writes; the layers stay as they are
/// try mounts.unmount(at: rootfs)
/// try layers.remove("my-container")   // returns at once; its bytes go later
/// ```
///
/// # Rules for every implementation
///
/// - Every method is synchronous, may block, and may be called from any thread at any time. Calls about different
///   snapshots do not wait for one another.
/// - What a call answered survives `kill -9` of the process, and a power cut; except for the *content* of a committed
///   snapshot until `sync` (it can be unpacked again), and of an active one (it is its user's to sync).
/// - A call that throws has changed nothing that can be observed.
/// - Errors are `GantryError`: `.notFound`, `.alreadyExists`, `.failedPrecondition`, `.invalidArgument` as said at each
///   method; `.aborted` when another call is just changing the same snapshot; `.resourceExhausted` when the disk is
///   full; `.unavailable` after `close`.
public protocol Snapshotter: AnyObject, Sendable {
    /// What this driver can do beyond the contract. Never changes; costs nothing.
    var capabilities: SnapshotterCapabilities { get }

    /// What is known of a snapshot, by key or name. Answered from memory.
    /// - Throws: `.notFound`.
    func stat(_ key: String) throws -> SnapshotInfo

    /// Replaces the labels of a snapshot of any kind and sets `updated`; nothing else can change.
    /// - Returns: the snapshot after the change. Calling it again is fine.
    /// - Throws: `.notFound`.
    func update(_ key: String, labels: Labels) throws -> SnapshotInfo

    /// The space that the snapshot itself takes, without its parents.
    ///
    /// Cost: none for a committed one (recorded at commit); a walk of what was written for an active one.
    /// - Throws: `.notFound`.
    func usage(_ key: String) throws -> SnapshotUsage

    /// The mounts of an active snapshot or a view: the same as when it was made. Answered from memory.
    /// - Throws: `.notFound`; `.failedPrecondition` for a committed snapshot (make a view of it).
    func mounts(_ key: String) throws -> [Mount]

    /// Makes an active snapshot on top of `parent`, or an empty one.
    ///
    /// Cost: a handful of system calls for a stacking driver, whatever the parent holds; this is on the path of every
    /// `gantry run`. Not idempotent.
    /// - Returns: its mounts. Nothing is mounted yet.
    /// - Throws: `.alreadyExists` (`key` is taken), `.notFound` (no `parent`), `.failedPrecondition` (`parent` is not
    ///   committed), `.invalidArgument` (`key` is no valid key).
    func prepare(_ key: String, parent: String?, labels: Labels) throws -> [Mount]

    /// The same for reading only: the mounts refuse writes.
    /// - Throws: as `prepare`.
    func view(_ key: String, parent: String?, labels: Labels) throws -> [Mount]

    /// Makes the active snapshot `key` the committed snapshot `name`; `key` ceases to exist.
    ///
    /// Both happen or neither. The caller has unmounted `key` and writes to it no more. A `name` that `unsynced()`
    /// reports is replaced, and its children then stand on the new content.
    /// - Parameter usage: the space taken, when the caller counted while it wrote. Without it: one walk of the tree.
    /// - Throws: `.notFound` (no `key`), `.alreadyExists` (`name` taken), `.failedPrecondition` (`key` is not active).
    func commit(_ key: String, as name: String, labels: Labels, usage: SnapshotUsage?) throws

    /// Removes a snapshot of any kind that has no children. The name is free when this returns; space follows later.
    ///
    /// The caller has unmounted it.
    /// - Throws: `.notFound`; `.failedPrecondition` when children remain.
    func remove(_ key: String) throws

    /// Calls `body` with every snapshot that matches, in no order; a snapshot made or removed meanwhile may be missing.
    /// No lock is held during `body`. What it throws ends the walk and is passed on.
    func walk(_ filter: SnapshotFilter, _ body: (SnapshotInfo) throws -> Void) throws

    /// Frees the space of removed snapshots now, on this thread. The driver does it by itself in the background.
    func sweep() throws

    /// Makes the content of a committed snapshot durable and says so (`SnapshotInfo.synced`).
    ///
    /// Cost: writes back everything dirty on the file system. Others that were committed before become synced with it.
    /// - Throws: `.notFound`, `.failedPrecondition` (not committed).
    func sync(_ name: String) throws

    /// Names of committed snapshots that were not synced when the machine last went down: their content must be taken
    /// as damaged. Unpack them again and commit under the same name, lowest layer first.
    func unsynced() -> [String]

    /// A directory to write a layer into without mounting; `nil` when the driver has none (see `LayerTarget`).
    /// - Throws: `.notFound`; `.failedPrecondition` when `key` is not active.
    func layerTarget(_ key: String) throws -> LayerTarget?

    /// What an active or committed snapshot changed of its parent's tree: names in the order of their bytes, a directory
    /// before what is in it, nothing below a directory that is gone; the same as a walk over both trees would find.
    ///
    /// Cost: in proportion to what changed. A container may run meanwhile.
    /// - Returns: `nil` when the driver has no faster way than that walk, which is then the caller's to do.
    /// - Throws: `.notFound`.
    func changes(_ key: String) throws -> [TreeChange]?

    /// Ends background work and syncs what is unsynced. Calling it twice is fine; every other call fails afterwards.
    func close() throws
}

extension Snapshotter {
    /// Drivers whose content is durable at commit have nothing to do.
    public func sync(_ name: String) throws {}
    /// Drivers whose content is durable at commit report nothing.
    public func unsynced() -> [String] { [] }
    /// Drivers that must be mounted to be written to.
    public func layerTarget(_ key: String) throws -> LayerTarget? { nil }
    /// Drivers that free space at once.
    public func sweep() throws {}
    /// Drivers that can only compare whole trees.
    public func changes(_ key: String) throws -> [TreeChange]? { nil }
}

/// What a snapshotter can do beyond the contract.
public struct SnapshotterCapabilities: Sendable, Equatable {
    /// `layerTarget` answers a directory.
    public var directLayers: Bool
    /// A layer may be applied before its parent is there, and be given the parent later.
    public var parallelLayers: Bool
    /// Children share their parent's blocks: `prepare` costs no copy.
    public var sharesBlocks: Bool

    /// Makes a set of capabilities; none by default.
    public init(directLayers: Bool = false, parallelLayers: Bool = false, sharesBlocks: Bool = false) {
        self.directLayers = directLayers
        self.parallelLayers = parallelLayers
        self.sharesBlocks = sharesBlocks
    }
}
