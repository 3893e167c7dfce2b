package import GantryCore
import GantryHost
package import GantryModel
import GantrySystem
import GantryWire

/// Loads image archives: OCI layouts and docker-archives in a tar, from a stream, in one pass.
package struct ImageLoader: Sendable {
    private let content: any ContentStore
    private let images: any ImageStore
    private let references: any LeaseStore
    private let archives: any ArchiveOpener
    private let resolver: ImageResolver
    private let unpacker: Unpacker

    package init(
        content: any ContentStore, images: any ImageStore, references: any LeaseStore, archives: any ArchiveOpener,
        resolver: ImageResolver, unpacker: Unpacker
    ) {
        self.content = content
        self.images = images
        self.references = references
        self.archives = archives
        self.resolver = resolver
        self.unpacker = unpacker
    }

    /// An image that `load` has made.
    package struct Loaded: Sendable {
        /// Nil for an image that the archive gives no name.
        package var name: Reference?
        package var id: Digest
        package var target: Digest
    }

    /// The documents that an archive has about itself; larger ones are no documents.
    private static let documentLimit = 16 << 20
    private static let documentNames: Set<String> = ["index.json", "manifest.json", "oci-layout", "repositories"]

    /// Reads the archive to its end, stores its blobs verified, unpacks the images for this machine and names them.
    ///
    /// When this throws, no image was named; blobs that were stored go with the lease.
    /// - Parameter lease: holds what is loaded until it has a name.
    package func load(
        _ source: any ByteSource, namespace: String, lease: LeaseKey, driver: Unpacker.Driver
    ) throws -> [Loaded] {
        let contents = try store(source, lease: lease)
        let found = try contents.images { Digest.of($0) }
        guard !found.isEmpty else {
            throw GantryError(.invalidArgument, "load image: the archive holds no image")
        }
        var loaded = [Loaded]()
        for image in found {
            if let manifest = image.manifest { _ = try content.put(manifest, lease: lease) }
            try ImageLinks(content: content, references: references).add(image.target)
            let resolved: ResolvedImage
            do {
                resolved = try resolver.resolve(image.target)
                try checkParts(resolved)
                try unpacker.verify(
                    name: image.name?.description, target: image.target.digest, manifest: resolved.manifestDigest)
                try unpacker.unpack(resolved, for: driver, namespace: namespace, lease: lease, isVerified: true)
            } catch {
                // Its documents go with the lease; remembered, they would stand in for missing ones at the next load.
                if !isNamed(image.target, namespace) { resolver.forget(image.target.digest) }
                throw error
            }
            loaded.append(Loaded(name: image.name, id: resolved.id, target: image.target.digest))
        }
        for (image, done) in zip(found, loaded) {
            try ImageNames(images: images).put(
                namespace: namespace, name: image.name, target: image.target, imageID: done.id)
        }
        return loaded
    }

    /// Stores every file of the archive; the documents about the archive are kept in memory.
    private func store(_ source: any ByteSource, lease: LeaseKey) throws -> ArchiveContents {
        let archive = archives.open(source)
        var contents = ArchiveContents()
        while let entry = try archive.next() {
            let name = ArchiveContents.clean(entry.name)
            switch entry.kind {
            case .file:
                if Self.documentNames.contains(name) {
                    contents.documents[name] = try document(archive, entry)
                } else if let digest = ArchiveContents.blobDigest(name) {
                    contents.blobs[digest] = entry.size
                    _ = try ingest(archive, entry, BlobExpectation(digest: digest, size: entry.size), lease)
                } else {
                    let digest = try ingest(archive, entry, BlobExpectation(size: entry.size), lease)
                    contents.files[name] = ArchiveContents.Blob(digest: digest, size: entry.size)
                    contents.blobs[digest] = entry.size
                }
            case .symbolicLink, .hardLink:
                contents.links[name] = ArchiveContents.resolve(
                    link: entry.link, from: name, isHard: entry.kind == .hardLink)
            case .directory, .other:
                break
            }
        }
        // A docker-archive may name its parts as an OCI layout does; then both names lead to one blob.
        for (digest, size) in contents.blobs {
            contents.files["blobs/\(digest.algorithm.rawValue)/\(digest.hex)"] = .init(digest: digest, size: size)
        }
        return contents
    }

    private func document(_ archive: any ArchiveReader, _ entry: ArchiveEntry) throws -> [UInt8] {
        guard entry.size <= Int64(Self.documentLimit) else {
            throw GantryError(
                .invalidArgument, "load image: '\(entry.name)' has \(entry.size) bytes, which no such document has")
        }
        var bytes = [UInt8]()
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = try chunk.withUnsafeMutableBytes({ try archive.read(into: $0) }), count > 0 {
            bytes.append(contentsOf: chunk[0..<count])
        }
        return bytes
    }

    /// Streams one file into the content store. A blob that is there already is not written again.
    private func ingest(
        _ archive: any ArchiveReader, _ entry: ArchiveEntry, _ expected: BlobExpectation, _ lease: LeaseKey
    ) throws -> Digest {
        let ref = "load-" + File.random(8).map { String($0, radix: 16) }.joined()
        do {
            let writer = try content.writer(ref, expected, lease: lease)
            do {
                let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
                defer { buffer.deallocate() }
                // Without a name to go by the digest is computed here as well: commit does not tell it for a blob
                // that was there before.
                var hasher = DigestHasher(.sha256)
                while case let count = try archive.read(into: buffer), count > 0 {
                    let bytes = UnsafeRawBufferPointer(rebasing: buffer[0..<count])
                    if expected.digest == nil { hasher.update(bytes) }
                    try writer.write(bytes)
                }
                let digest = expected.digest ?? Digest(.sha256, hash: hasher.current())
                do {
                    try writer.commit(labels: [:])
                } catch let error as GantryError where error.code == .alreadyExists {
                    // The lease holds it now.
                }
                return digest
            } catch {
                writer.close()
                try? content.abort(ref)
                throw error
            }
        } catch let error as GantryError where error.code == .alreadyExists {
            guard let digest = expected.digest else { throw error }
            return digest
        }
    }

    /// An image that was resolved from memory may lack its configuration as well as layers.
    private func checkParts(_ image: ResolvedImage) throws {
        try check(image.manifest.config, "configuration", of: image)
        for layer in image.manifest.layers { try check(layer, "layer", of: image) }
    }

    private func check(_ part: Descriptor, _ what: String, of image: ResolvedImage) throws {
        do {
            _ = try content.info(part.digest)
        } catch let error as GantryError where error.code == .notFound {
            throw GantryError(
                .invalidArgument, "load image '\(image.id.short)': the archive lacks its \(what) \(part.digest)")
        }
    }

    private func isNamed(_ target: Descriptor, _ namespace: String) -> Bool {
        images.images(namespace: namespace).contains { $0.target.digest == target.digest }
    }
}
