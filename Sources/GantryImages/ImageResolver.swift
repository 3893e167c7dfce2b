package import GantryCore
package import GantryModel
import GantryWire
import Synchronization

/// Reads images' documents from the content store, and remembers what it has read: content never changes.
package final class ImageResolver: Sendable {
    private let content: any ContentStore
    /// This machine's.
    package let platform: Platform
    private let known = Mutex<[Key: ResolvedImage]>([:])

    private struct Key: Hashable {
        var target: Digest
        var platform: Platform?
    }

    package init(content: any ContentStore, platform: Platform) {
        self.content = content
        self.platform = platform
    }

    /// The image behind a target, for a platform: nil is this machine's, or what is here when nothing is for that.
    ///
    /// Cost: a look into memory; the first time two or three small blobs are read.
    /// - Throws: `.notFound` when the target holds no image for the platform or a document is missing;
    ///   `.invalidArgument` for documents that are none.
    package func resolve(_ target: Descriptor, for wanted: Platform? = nil) throws -> ResolvedImage {
        let key = Key(target: target.digest, platform: wanted)
        if let image = known.withLock({ $0[key] }) { return image }
        let image = try read(try manifest(of: target, for: wanted, depth: 0), target: target)
        if let wanted, wanted.rank(of: image.config.platform) == nil {
            throw GantryError(
                .notFound, "read image '\(target.digest)': it is for \(image.config.platform), not for \(wanted)")
        }
        known.withLock { $0[key] = image }
        return image
    }

    /// The image of one manifest, whose documents are here.
    func read(_ manifestDigest: Digest, target: Descriptor) throws -> ResolvedImage {
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
        return ResolvedImage(
            target: target.digest, manifestDigest: manifestDigest, manifest: manifest, id: manifest.config.digest,
            config: config, chain: ChainID.all(config.diffIDs), size: 0)
    }

    /// Follows indexes to the best manifest for the platform of those that are here.
    private func manifest(of descriptor: Descriptor, for wanted: Platform?, depth: Int) throws -> Digest {
        let bytes = try content.bytes(descriptor.digest)
        let document = try JSON.document(bytes, of: "manifest '\(descriptor.digest)'")
        guard document["manifests"] != nil else { return descriptor.digest }
        guard depth < 4 else {
            throw GantryError(.invalidArgument, "read index '\(descriptor.digest)': indexes are nested too deep")
        }
        var index = try Index(json: document)
        // An archive of one platform keeps the whole index, but not what it names for the others.
        index.manifests.removeAll { (try? content.info($0.digest)) == nil }
        // Pulled for another platform on purpose: whoever names no platform means that one.
        guard let best = index.best(for: wanted ?? platform) ?? (wanted == nil ? index.images.first : nil) else {
            throw GantryError(
                .notFound, "read index '\(descriptor.digest)': it holds no image for \(wanted ?? platform)")
        }
        return try manifest(of: best, for: wanted, depth: depth + 1)
    }

    /// Notes the size of an image that was unpacked.
    func note(_ image: ResolvedImage, size: Int64) {
        known.withLock { known in
            for (key, value) in known where key.target == image.target && value.manifestDigest == image.manifestDigest {
                known[key]?.size = size
            }
        }
    }

    /// Forgets an image that is gone.
    package func forget(_ target: Digest) {
        known.withLock { known in known = known.filter { $0.key.target != target } }
    }
}
