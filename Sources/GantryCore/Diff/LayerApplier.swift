public import GantryModel

/// Unpacks an image layer into a directory.
///
/// # Model
///
/// A layer is a tar archive, perhaps compressed, that says how a tree differs from its parent: entries add or replace,
/// *whiteouts* (`.wh.name`) remove, an *opaque* marker (`.wh..wh..opq`) empties a directory of what lower layers put
/// there. The archive is untrusted: whatever it says, nothing outside the target is written, read or linked.
///
/// ```swift
/// let layer = try applier.apply(blob, to: target, options: LayerOptions(mediaType: descriptor.mediaType))
/// guard layer.diffID == config.rootfs[0] else { … }        // the caller knows what it should be
/// try snapshots.commit(key, as: chainID, labels: [:], usage: layer.usage)
/// ```
///
/// Source: OCI image-spec v1.1, layer.md.
public protocol LayerApplier: Sendable {
    /// Reads the layer to its end, checks its compression and writes its tree.
    ///
    /// One pass over the bytes; blocks until the tree is written (not until it is on the disk). After an error the
    /// target holds a part of the layer and is to be removed; nothing else was touched.
    /// - Throws: `.dataLoss` (truncated or corrupt bytes), `.invalidArgument` (an entry that no layer may hold, or a
    ///   media type that the bytes contradict; names the entry), `.resourceExhausted` (a limit of `options`, or no space
    ///   left on the device), what the source throws, `.internal` with the kernel's word.
    func apply(_ source: any ByteSource, to target: LayerTarget, options: LayerOptions) throws -> AppliedLayer
}

/// What a layer is said to be, and how much it may cost.
public struct LayerOptions: Sendable {
    /// The descriptor's media type; its compression must agree with the bytes. `nil`: whatever the bytes say.
    public var mediaType: MediaType?
    /// Most bytes that the unpacked archive may have.
    public var unpackedLimit: Int64
    /// Whether the bytes as they come are hashed as well (a blob that was verified before needs it no more).
    public var hashesSource: Bool
    /// Names the layer in messages: "layer 'abc'".
    public var name: String

    /// Makes options; the defaults take any compression and any size.
    public init(
        mediaType: MediaType? = nil, unpackedLimit: Int64 = .max, hashesSource: Bool = false, name: String = "layer"
    ) {
        self.mediaType = mediaType
        self.unpackedLimit = unpackedLimit
        self.hashesSource = hashesSource
        self.name = name
    }
}

/// What an unpacked layer turned out to be.
public struct AppliedLayer: Sendable, Equatable {
    /// Digest of the unpacked archive: what the image's configuration lists under `rootfs.diff_ids`.
    public var diffID: Digest
    /// Length of the unpacked archive in bytes.
    public var size: Int64
    /// Digest of the bytes as they came, when asked for.
    public var sourceDigest: Digest?
    /// Length of the bytes as they came.
    public var sourceSize: Int64
    /// Space that the tree takes: content rounded up to blocks of 4 KiB; and inodes.
    public var usage: SnapshotUsage

    /// Describes an unpacked layer.
    public init(diffID: Digest, size: Int64, sourceDigest: Digest?, sourceSize: Int64, usage: SnapshotUsage) {
        self.diffID = diffID
        self.size = size
        self.sourceDigest = sourceDigest
        self.sourceSize = sourceSize
        self.usage = usage
    }
}
