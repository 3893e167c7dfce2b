import GantryCore
import GantryModel

/// Where the bytes of an image's layers come from while they are unpacked: the content store, or a registry at the same
/// time.
protocol LayerSupply: Sendable {
    /// Opens a layer; waits until its first bytes can be had.
    func open(_ layer: Descriptor) throws -> LayerSource
    /// Returns when all of the layer is here and is what its digest says.
    func verify(_ layer: Descriptor) throws
    /// The layer's snapshot is there.
    func finished(_ layer: Descriptor, wasThere: Bool)
    /// - Throws: `.cancelled` when the image is not wanted any more.
    func checkWanted() throws
}

/// The bytes of a layer.
struct LayerSource {
    var bytes: any ByteSource
    /// Whether the bytes were compared with the digest already.
    var isVerified: Bool
}

/// Layers that are in the content store.
struct StoredLayers: LayerSupply {
    let content: any ContentStore

    func open(_ layer: Descriptor) throws -> LayerSource {
        LayerSource(bytes: BlobSource(try content.reader(layer.digest)), isVerified: true)
    }

    func verify(_ layer: Descriptor) {}
    func finished(_ layer: Descriptor, wasThere: Bool) {}
    func checkWanted() {}
}
