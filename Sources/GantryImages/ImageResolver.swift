package import GantryCore
package import GantryModel
import GantryWire
import Synchronization

/// Reads images' documents from the content store, and remembers what it has read: content never changes.
package final class ImageResolver: Sendable {
    private let content: any ContentStore
    private let platform: Platform
    private let known = Mutex<[Digest: ResolvedImage]>([:])

    package init(content: any ContentStore, platform: Platform) {
        self.content = content
        self.platform = platform
    }

    /// The image behind a target, for this machine's platform.
    ///
    /// Cost: a look into memory; the first time two or three small blobs are read.
    /// - Throws: `.notFound` when the target holds no image for the platform or a document is missing;
    ///   `.invalidArgument` for documents that are none.
    package func resolve(_ target: Descriptor) throws -> ResolvedImage {
        if let image = known.withLock({ $0[target.digest] }) { return image }
        let manifestDigest = try manifest(of: target, depth: 0)
        let manifest = try Manifest(
            document: try content.bytes(manifestDigest), of: "manifest '\(manifestDigest)'")
        let config = try ImageConfig(
            document: try content.bytes(manifest.config.digest), of: "image configuration '\(manifest.config.digest)'")
        guard config.diffIDs.count == manifest.layers.count else {
            throw GantryError(
                .invalidArgument,
                "read image '\(manifestDigest)': \(manifest.layers.count) layers, but its configuration lists \(config.diffIDs.count)"
            )
        }
        let image = ResolvedImage(
            target: target.digest, manifestDigest: manifestDigest, manifest: manifest, id: manifest.config.digest,
            config: config, chain: ChainID.all(config.diffIDs), size: 0)
        known.withLock { $0[target.digest] = image }
        return image
    }

    /// Follows indexes to the best manifest for the platform of those that are here.
    private func manifest(of descriptor: Descriptor, depth: Int) throws -> Digest {
        let bytes = try content.bytes(descriptor.digest)
        let document = try JSON.document(bytes, of: "manifest '\(descriptor.digest)'")
        guard document["manifests"] != nil else { return descriptor.digest }
        guard depth < 4 else {
            throw GantryError(.invalidArgument, "read index '\(descriptor.digest)': indexes are nested too deep")
        }
        var index = try Index(json: document)
        // An archive of one platform keeps the whole index, but not what it names for the others.
        index.manifests.removeAll { (try? content.info($0.digest)) == nil }
        guard let best = index.best(for: platform) else {
            throw GantryError(.notFound, "read index '\(descriptor.digest)': it holds no image for \(platform)")
        }
        return try manifest(of: best, depth: depth + 1)
    }

    /// Notes the size of an image that was unpacked.
    func note(_ target: Digest, size: Int64) {
        known.withLock { $0[target]?.size = size }
    }

    /// Forgets an image that is gone.
    package func forget(_ target: Digest) {
        known.withLock { _ = $0.removeValue(forKey: target) }
    }
}
