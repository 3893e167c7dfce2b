import GantryCore
import GantryModel
import GantryWire

/// From a name to the manifest of one platform.
extension ImagePuller {
    /// What stands between a name and its layers.
    struct Documents {
        /// What the name stands for: the index where there is one.
        var target: Descriptor
        var manifestDigest: Digest
        var manifest: Manifest
    }

    /// A manifest or index as it came.
    private struct Document {
        var descriptor: Descriptor
        var bytes: [UInt8]
        var json: JSON
    }

    /// Indexes may name indexes, but nobody means it to be deep.
    private static let deepest = 4
    /// As registries have it: larger ones are no manifests.
    private static let largestDocument: Int64 = 4 << 20

    /// Fetches the documents that are not here and stores them.
    func documents(_ request: Request, _ source: any RegistrySource, _ session: PullSession) throws -> Documents {
        let top = try document(request.reference, expected: nil, source, session)
        var current = top
        for _ in 0..<Self.deepest {
            try session.checkWanted()
            guard current.json["manifests"] != nil else {
                let manifest = try manifest(current, request)
                return Documents(
                    target: top.descriptor, manifestDigest: current.descriptor.digest, manifest: manifest)
            }
            let index = try Index(json: current.json)
            let wanted = request.platform ?? platform
            guard let best = index.best(for: wanted) else {
                throw GantryError(
                    .notFound,
                    "pull '\(request.reference.familiar)': no image for \(wanted); there are \(index.platforms)")
            }
            guard best.mediaType.kind == .manifest || best.mediaType.kind == .index else {
                throw GantryError(
                    .invalidArgument,
                    "pull '\(request.reference.familiar)': the index names '\(best.digest)' of media type '\(best.mediaType)', which is no image"
                )
            }
            current = try document(
                request.reference.pinned(to: best.digest), expected: best, source, session)
        }
        throw GantryError(
            .invalidArgument, "pull '\(request.reference.familiar)': indexes are nested more than \(Self.deepest) deep")
    }

    /// One document, from the content store when a digest says that it is the same.
    private func document(
        _ reference: Reference, expected: Descriptor?, _ source: any RegistrySource, _ session: PullSession
    ) throws -> Document {
        if let size = expected?.size, size > Self.largestDocument {
            throw GantryError(
                .invalidArgument, "pull '\(reference.familiar)': a manifest of \(size) bytes is no manifest")
        }
        if let digest = reference.digest, try session.hold(digest) {
            let bytes = try content.bytes(digest, limit: Int(Self.largestDocument))
            return try read(bytes, Descriptor(mediaType: .octetStream, digest: digest, size: Int64(bytes.count)))
        }
        let (descriptor, bytes) = try source.manifest(reference)
        if let size = expected?.size, size != Int64(bytes.count) {
            throw GantryError(
                .dataLoss, "fetch manifest '\(reference.familiar)': \(bytes.count) bytes where \(size) were promised")
        }
        let document = try read(bytes, descriptor)
        _ = try content.put(bytes, expected: BlobExpectation(descriptor), lease: session.holder)
        return document
    }

    /// The media type inside counts, since it is part of what the digest covers; what the registry said is for those that
    /// have none.
    private func read(_ bytes: [UInt8], _ told: Descriptor) throws -> Document {
        let json = try JSON.document(bytes, of: "manifest '\(told.digest)'")
        let inside = json["mediaType"]?.string.map { MediaType(rawValue: $0) }
        var type = inside ?? told.mediaType
        if type.kind == .other, inside == nil {
            type = json["manifests"] != nil ? .ociIndex : .ociManifest
        }
        guard type.kind == .manifest || type.kind == .index else {
            throw GantryError(
                .invalidArgument, "read manifest '\(told.digest)': media type '\(type)' is no image")
        }
        return Document(
            descriptor: Descriptor(mediaType: type, digest: told.digest, size: told.size), bytes: bytes, json: json)
    }

    /// The manifest of an image; what else registries keep in manifests (charts, signatures) is refused by name.
    private func manifest(_ document: Document, _ request: Request) throws -> Manifest {
        let manifest = try Manifest(json: document.json)
        let operation = "pull '\(request.reference.familiar)'"
        guard manifest.config.mediaType.kind == .config else {
            throw GantryError(
                .invalidArgument,
                "\(operation): it is no image: its configuration is of media type '\(manifest.config.mediaType)'")
        }
        guard manifest.config.size <= Self.largestDocument else {
            throw GantryError(
                .invalidArgument, "\(operation): a configuration of \(manifest.config.size) bytes is no configuration")
        }
        for layer in manifest.layers where !layer.mediaType.isLayer {
            throw GantryError(
                .invalidArgument,
                "\(operation): '\(layer.digest)' of media type '\(layer.mediaType)' is no layer that can be unpacked")
        }
        return manifest
    }
}
