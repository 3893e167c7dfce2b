import GantryCore
import GantryModel
import GantryWire

/// An image that an archive holds: what it is called and which document describes it.
struct ArchiveImage {
    /// Nil for an image without a name.
    var name: Reference?
    var target: Descriptor
    /// A manifest that had to be made, because the archive has none (docker-archive).
    var manifest: [UInt8]?
}

extension ArchiveContents {
    /// The images of the archive, OCI or docker form.
    /// - Throws: `.invalidArgument` when it is neither, or a document is damaged or names a file that is not there.
    func images(sha256: ([UInt8]) -> Digest) throws(GantryError) -> [ArchiveImage] {
        if let index = documents["index.json"] { return try ociImages(index) }
        if let manifest = documents["manifest.json"] { return try dockerImages(manifest, sha256: sha256) }
        throw GantryError(
            .invalidArgument,
            "load image: neither an OCI layout (index.json) nor a docker archive (manifest.json) is in the archive")
    }

    /// Source: OCI image-spec v1.1, image-layout.md; names as containerd and skopeo write them.
    private func ociImages(_ bytes: [UInt8]) throws(GantryError) -> [ArchiveImage] {
        let index = try Index(document: bytes, of: "archive document 'index.json'")
        var images = [ArchiveImage]()
        for descriptor in index.manifests {
            let annotated =
                descriptor.annotations["io.containerd.image.name"]
                ?? descriptor.annotations["org.opencontainers.image.ref.name"]
            var target = descriptor
            target.annotations = [:]
            guard blobs[target.digest] != nil else {
                throw GantryError(
                    .invalidArgument,
                    "load image '\(annotated ?? target.digest.description)': the archive lacks its manifest \(target.digest)"
                )
            }
            images.append(ArchiveImage(name: try annotated.map(Self.name), target: target))
        }
        return images
    }

    private static func name(_ text: String) throws(GantryError) -> Reference {
        do {
            return try Reference(text)
        } catch {
            throw GantryError(.invalidArgument, "load image '\(text)': \(error.message)")
        }
    }

    /// Source: Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format".
    private func dockerImages(_ bytes: [UInt8], sha256: ([UInt8]) -> Digest) throws(GantryError) -> [ArchiveImage] {
        let document = try JSON.document(bytes, of: "archive document 'manifest.json'")
        guard let entries = document.array else {
            throw GantryError(.invalidArgument, "read archive document 'manifest.json': not an array")
        }
        var images = [ArchiveImage]()
        for entry in entries {
            guard let configName = entry["Config"]?.string, let layerNames = entry["Layers"]?.array else {
                throw GantryError(
                    .invalidArgument, "read archive document 'manifest.json': 'Config' or 'Layers' is missing")
            }
            let config = try part(configName)
            var layers = [Descriptor]()
            for name in layerNames {
                let layer = try part(name.string ?? "")
                // The bytes say whether they are compressed; the applier looks.
                layers.append(Descriptor(mediaType: .dockerLayer, digest: layer.digest, size: layer.size))
            }
            let manifest = Manifest(
                mediaType: .dockerManifest,
                config: Descriptor(mediaType: .dockerConfig, digest: config.digest, size: config.size), layers: layers)
            let text = manifest.json.encoded()
            let target = Descriptor(mediaType: .dockerManifest, digest: sha256(text), size: Int64(text.count))
            let tags = (entry["RepoTags"]?.array ?? []).compactMap(\.string)
            if tags.isEmpty { images.append(ArchiveImage(name: nil, target: target, manifest: text)) }
            for tag in tags {
                images.append(ArchiveImage(name: try Self.name(tag), target: target, manifest: text))
            }
        }
        return images
    }

    private func part(_ name: String) throws(GantryError) -> Blob {
        guard let blob = file(name) else {
            throw GantryError(
                .invalidArgument, "load image: manifest.json names '\(name)', which the archive does not hold")
        }
        return blob
    }
}
