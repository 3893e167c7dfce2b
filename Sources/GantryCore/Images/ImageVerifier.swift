package import GantryModel

/// What a verifier is asked about.
package struct ImageQuestion: Sendable, Equatable {
    /// The name under which the image was asked for; nil when nobody named it.
    package var name: String?
    /// What the name stands for: a manifest, or an index.
    package var target: Digest
    /// The manifest for this machine's platform.
    package var manifest: Digest

    package init(name: String?, target: Digest, manifest: Digest) {
        self.name = name
        self.target = target
        self.manifest = manifest
    }
}

/// Judges images before they are unpacked: a policy of the operator.
package protocol ImageVerifier: Sendable {
    /// Returns when the image may be unpacked.
    /// - Throws: `.permissionDenied` with the reason; `.unavailable` when it could not be asked and must not be passed over.
    func verify(_ question: ImageQuestion) throws
}

/// Makes plain tar archives of layers that Gantry does not know by itself.
package protocol LayerDecoder: Sendable {
    /// Whether layers of this type are its business.
    func decodes(_ mediaType: MediaType) -> Bool

    /// Opens a layer that is in the content store, whole and verified; `body` reads the archive to its end.
    /// - Throws: what `body` throws, and what the decoder says of the bytes.
    func decode(_ layer: Descriptor, _ body: (any ByteSource) throws -> Void) throws
}
