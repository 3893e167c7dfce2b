package import GantryCore
package import GantryModel
import GantrySystem
import GantryWire

/// Pulls images: documents first, then configuration and layers at once, while the layers are unpacked as they come.
///
///     registry ─▶ ingest of layer 1 ─▶ hash, inflate, hash, write ─▶ snapshot 1
///             └─▶ ingest of layer 2 ────────(waits for its turn)──▶ snapshot 2 …
package struct ImagePuller: Sendable {
    let content: any ContentStore
    let images: any ImageStore
    let references: any LeaseStore
    let resolver: ImageResolver
    let unpacker: Unpacker
    /// What images are pulled for when nobody says.
    let platform: Platform
    /// Downloads at once for one pull.
    let parallel: Int

    package init(
        content: any ContentStore, images: any ImageStore, references: any LeaseStore, resolver: ImageResolver,
        unpacker: Unpacker, platform: Platform, parallel: Int
    ) {
        self.content = content
        self.images = images
        self.references = references
        self.resolver = resolver
        self.unpacker = unpacker
        self.platform = platform
        self.parallel = parallel
    }

    /// What is wanted.
    package struct Request: Sendable {
        package var reference: Reference
        /// Nil is this machine's.
        package var platform: Platform?
        package var namespace: String
        package var driver: Unpacker.Driver

        package init(reference: Reference, platform: Platform?, namespace: String, driver: Unpacker.Driver) {
            // A digest says all; a tag beside it is only for people, as with docker.
            self.reference = reference.digest.map { reference.pinned(to: $0) } ?? reference
            self.platform = platform
            self.namespace = namespace
            self.driver = driver
        }
    }

    /// What `pull` did.
    package struct Pulled: Sendable {
        /// The name that the image has now.
        package var name: Reference
        package var id: Digest
        /// The manifest or index that the name stands for.
        package var target: Digest
        /// Whether anything was new: the name, what it stands for, or any of its blobs.
        package var isNew: Bool
    }

    /// Fetches what is not here, verifies and unpacks it, and names it.
    ///
    /// When this throws, no name has changed, and what came stays: blobs with the session's lease, halves of blobs as
    /// ingests. Blocks until all is done; `session.cancel` from another thread ends it within a second.
    /// - Throws: `.notFound` (no such image, or not for the platform), `.permissionDenied`, `.unavailable`,
    ///   `.dataLoss` (bytes that are not what their digest says), `.resourceExhausted` (a full disk),
    ///   `.invalidArgument` (what is there is no image), `.cancelled`.
    package func pull(
        _ request: Request, from source: any RegistrySource, session: PullSession
    ) throws -> Pulled {
        do {
            return try run(request, source, session)
        } catch {
            // Whatever failed first: nothing else of this pull is needed any more.
            session.stop(Self.describe(error))
            throw error
        }
    }

    private func run(
        _ request: Request, _ source: any RegistrySource, _ session: PullSession
    ) throws -> Pulled {
        let documents = try documents(request, source, session)
        let manifest = documents.manifest
        // Before its layers are fetched: what is refused costs nothing.
        try unpacker.verify(
            name: request.reference.description, target: documents.target.digest, manifest: documents.manifestDigest)
        try session.fetch(
            [manifest.config] + manifest.layers, layers: manifest.layers, threads: parallel, from: source)
        try session.settle(manifest.config.digest)
        let image = try resolver.read(documents.manifestDigest, target: documents.target)
        if let wanted = request.platform, wanted.rank(of: image.config.platform) == nil {
            throw GantryError(
                .notFound,
                "pull '\(request.reference.familiar)': the image is for \(image.config.platform), not for \(wanted)")
        }
        try unpacker.unpack(
            image, for: request.driver, namespace: request.namespace, lease: session.holder, from: session)
        // Also those whose snapshots were there already: an image is all of its blobs.
        for layer in manifest.layers { try session.settle(layer.digest) }
        try session.checkWanted()
        try ImageLinks(content: content, references: references).add(documents.target)
        // What it was resolved to while less of it was here.
        resolver.forget(documents.target.digest)
        return try name(request, documents.target, image, session)
    }

    private func name(
        _ request: Request, _ target: Descriptor, _ image: ResolvedImage, _ session: PullSession
    ) throws -> Pulled {
        let before = try? images.image(namespace: request.namespace, name: request.reference.description)
        try ImageNames(images: images).put(
            namespace: request.namespace, name: request.reference, target: target, imageID: image.id,
            event: "image.pull")
        return Pulled(
            name: request.reference, id: image.id, target: target.digest,
            isNew: before?.target.digest != target.digest || session.hasFetched)
    }

    /// Any error as one that may leave: what is no `GantryError` is a defect.
    static func describe(_ error: any Error) -> GantryError {
        (error as? GantryError) ?? GantryError(.internal, "pull: \(error)")
    }
}
