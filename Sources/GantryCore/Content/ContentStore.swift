package import GantryModel

/// Keeps blobs: immutable bytes named by their digest. Layers, manifests and configurations of images live here.
///
/// # Model
///
/// A blob is there entirely or not at all. It comes into being by an *ingest*: a writer under a *ref*, a name that the
/// writer chooses so that it can find its half-written bytes again. Blobs belong to nobody: all namespaces share
/// them, and a blob stays as long as something references it (an image, another blob, a lease).
///
/// # Lifecycle
///
///                 writer(ref)          write…            commit
///     (nothing) ─────────────▶ ingest ────────▶ ingest ──────────▶ blob ──delete, or nothing refers──▶ gone
///                                ▲  │ close                │ mismatch
///                   writer(ref)  │  ▼                      ▼
///                              idle ingest ──abort──▶ (nothing)
///
/// An idle ingest keeps its bytes across connections and restarts. A writer that takes it up again finds `offset`
/// where it stood: it either continues there, or calls `truncate` and begins again.
///
/// # Worked example
///
/// ```swift
/// do {
///     let writer = try content.writer("layer-\(descriptor.digest.short)", .init(descriptor), lease: lease)
///     defer { writer.close() }
///     // … ask the registry for the bytes from writer.offset on, writer.write(chunk) each …
///     try writer.commit(labels: [:])
/// } catch let error as GantryError where error.code == .alreadyExists {
///     // Somebody had it already; the lease holds it now all the same.
/// }
/// let manifest = try content.bytes(descriptor.digest, limit: 4 << 20)
/// ```
///
/// # Rules for every implementation
///
/// - Every method is synchronous, may block, and may be called from any thread; one writer has one user at a time.
/// - What `commit` answered survives a power cut; its bytes were compared with the digest while they came in.
/// - Errors are `GantryError` with the codes named at each method, `.resourceExhausted` when the disk is full.
package protocol ContentStore: AnyObject, Sendable {
    /// What is known of a blob. Cost: one indexed look-up.
    /// - Throws: `.notFound`.
    func info(_ digest: Digest) throws -> BlobInfo

    /// Calls `body` with every blob whose labels match, ordered by digest; blobs that come or go meanwhile may be missing.
    /// What `body` throws ends the walk and is passed on. No lock is held during `body`.
    func walk(_ filter: LabelFilter, _ body: (BlobInfo) throws -> Void) throws

    /// Opens a blob for reading at any offset. The reader keeps working after the blob was deleted.
    /// - Throws: `.notFound`; `.dataLoss` when the bytes are not as long as they were.
    func reader(_ digest: Digest) throws -> BlobReader

    /// Begins an ingest, or takes up an idle one of this ref.
    ///
    /// With `lease`, the blob gets that lease's reference in the transaction that commits it, or that finds it.
    /// Taking up an ingest reads its bytes once, to hash them.
    /// - Throws: `.alreadyExists` when the expected digest is a blob already; `.unavailable` when another writer has the
    ///   ref; `.notFound` (no such lease); `.failedPrecondition` when the idle ingest expects another digest or size.
    func writer(_ ref: String, _ expected: BlobExpectation, lease: LeaseKey?) throws -> any BlobWriter

    /// How far the ingest of this ref is, whether a writer has it or not.
    /// - Throws: `.notFound`.
    func status(_ ref: String) throws -> IngestStatus

    /// All ingests, ordered by ref.
    func statuses() throws -> [IngestStatus]

    /// Throws an idle ingest away.
    /// - Throws: `.notFound`; `.failedPrecondition` while a writer has it.
    func abort(_ ref: String) throws

    /// Changes labels. Idempotent.
    /// - Returns: the blob after the change.
    /// - Throws: `.notFound`.
    func update(_ digest: Digest, labels: LabelChanges) throws -> BlobInfo

    /// Deletes a blob, whoever refers to it; for tools. What it referred to becomes a candidate for collection.
    /// - Throws: `.notFound`.
    func delete(_ digest: Digest) throws
}

/// The one who fills an ingest.
///
/// `close` (or the end of the writer) without `commit` leaves an idle ingest. After `commit`, whatever its verdict, the
/// writer is closed.
package protocol BlobWriter: AnyObject, Sendable {
    /// Where the ingest stands.
    var status: IngestStatus { get }

    /// Appends bytes.
    /// - Throws: `.failedPrecondition` on a closed writer, or beyond the expected size.
    func write(_ bytes: UnsafeRawBufferPointer) throws

    /// Throws the bytes so far away and begins at 0.
    func truncate() throws

    /// Opens the bytes for reading while more of them come: what was written is there to be read, and what lies behind it
    /// reads as the end. Stays good after `commit`, and after the ingest is gone. `truncate` takes bytes away from it too.
    /// - Throws: `.failedPrecondition` on a closed writer, or one that expects no digest.
    func follow() throws -> BlobReader

    /// Makes the bytes a blob: synced, verified, recorded.
    ///
    /// Each of `holders` gets its reference in the same transaction, beside the writer's own lease; those that have ended
    /// meanwhile are passed over.
    /// - Returns: the blob.
    /// - Throws: `.dataLoss` when the digest, `.failedPrecondition` when the length is not the expected one (both are named,
    ///   the ingest is gone); `.alreadyExists` when the blob came by another way (it is leased all the same, the ingest
    ///   is gone). On any other error the ingest stays, idle.
    @discardableResult
    func commit(labels: Labels, holders: [LeaseKey]) throws -> BlobInfo

    /// Gives the ref up and keeps the bytes. Calling it again is fine.
    func close()
}

extension ContentStore {
    /// Every blob whose labels match.
    package func list(_ filter: LabelFilter = .all) throws -> [BlobInfo] {
        var blobs: [BlobInfo] = []
        try walk(filter) { blobs.append($0) }
        return blobs
    }
}

extension BlobWriter {
    /// Bytes that are there.
    package var offset: Int64 { status.offset }

    /// Appends bytes.
    package func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    /// Makes the bytes a blob that only the writer's own lease holds.
    @discardableResult
    package func commit(labels: Labels) throws -> BlobInfo { try commit(labels: labels, holders: []) }
}
