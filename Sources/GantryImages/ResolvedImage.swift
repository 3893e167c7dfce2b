package import GantryModel

/// An image for one platform, with its documents read: what a container is made from.
package struct ResolvedImage: Sendable {
    /// The digest that the image's name points at: a manifest's, or an index's.
    package var target: Digest
    package var manifestDigest: Digest
    package var manifest: Manifest
    /// The digest of the configuration: what `docker images` calls the image's id.
    package var id: Digest
    package var config: ImageConfig
    /// Names of the committed snapshots, lowest layer first.
    package var chain: [Digest]
    /// Bytes that the layers take unpacked, as far as they are.
    package var size: Int64

    /// The snapshot that a container of the image stands on; nil for an image without layers.
    package var top: String? { chain.last?.description }
}
