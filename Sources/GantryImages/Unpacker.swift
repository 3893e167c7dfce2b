package import GantryCore
package import GantryModel
import GantrySystem
import GantryWire

/// Makes an image's layers into committed snapshots, once for all who ask at the same time.
///
/// A layer's snapshot is named by its chain id and shared by every image and namespace that has the same layers below.
package final class Unpacker: Sendable {
    let contentStore: any ContentStore
    private let catalog: any SnapshotCatalog
    private let applier: any LayerApplier
    private let resolver: ImageResolver
    /// Where a driver without direct layers is mounted for a moment.
    private let scratch: String
    private let layerLimit: Int64
    /// Chain ids that are being unpacked, by driver.
    private let busy = Monitor<Set<String>>([])
    private let background: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let verifier: (any ImageVerifier)?
    private let decoder: (any LayerDecoder)?

    package init(
        content: any ContentStore, catalog: any SnapshotCatalog, applier: any LayerApplier, resolver: ImageResolver,
        scratch: String, layerLimit: Int64, background: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void,
        verifier: (any ImageVerifier)? = nil, decoder: (any LayerDecoder)? = nil
    ) {
        self.verifier = verifier
        self.decoder = decoder
        contentStore = content
        self.catalog = catalog
        self.applier = applier
        self.resolver = resolver
        self.scratch = scratch
        self.layerLimit = layerLimit
        self.background = background
    }

    /// Which snapshotter to unpack for.
    package struct Driver: Sendable {
        package var name: String
        package var snapshotter: any Snapshotter

        package init(name: String, snapshotter: any Snapshotter) {
            self.name = name
            self.snapshotter = snapshotter
        }
    }

    /// Unpacks what is not unpacked yet. The layers are usable when this returns; a write-back in the background makes
    /// them durable, and until then a power cut only means that they are unpacked again.
    ///
    /// - Parameters:
    ///   - lease: holds each layer until the image does.
    ///   - isVerified: whether the verifiers have been asked already. If not they are, when a layer is missing.
    /// - Throws: `.dataLoss` when a layer's content is not what the configuration says, `.permissionDenied` when a
    ///   verifier refuses the image, and what the applier throws.
    package func unpack(
        _ image: ResolvedImage, for driver: Driver, namespace: String, lease: LeaseKey, isVerified: Bool = false
    ) throws {
        if !isVerified, verifier != nil,
            !image.chain.allSatisfy({ (try? driver.snapshotter.stat($0.description)) != nil })
        {
            try verify(name: nil, target: image.target, manifest: image.manifestDigest)
        }
        try unpack(image, for: driver, namespace: namespace, lease: lease, from: StoredLayers(content: contentStore))
    }

    /// Asks the verifiers, if there are any.
    /// - Throws: `.permissionDenied` when one refuses the image.
    package func verify(name: String?, target: Digest, manifest: Digest) throws {
        try verifier?.verify(ImageQuestion(name: name, target: target, manifest: manifest))
    }

    /// The same while the layers come in: each is unpacked as far as its bytes are there, and committed once they are
    /// verified.
    ///
    /// - Parameter missing: makes the snapshot of a layer whose bytes are not to be had; without it that is an error.
    func unpack(
        _ image: ResolvedImage, for driver: Driver, namespace: String, lease: LeaseKey, from supply: any LayerSupply,
        missing: ((MissingLayer) throws -> Void)? = nil
    ) throws {
        let damaged = Set(driver.snapshotter.unsynced())
        var size: Int64 = 0
        var wrote = false
        var parent: String?
        for (index, layer) in image.manifest.layers.enumerated() {
            let name = image.chain[index].description
            let isTop = index == image.manifest.layers.count - 1
            try alone(driver.name + "/" + name, supply) {
                let present = !damaged.contains(name) && (try? driver.snapshotter.stat(name)) != nil
                if !present {
                    do {
                        try apply(
                            layer, from: supply, diffID: image.config.diffIDs[index], as: name, parent: parent,
                            driver.snapshotter)
                    } catch let error as GantryError where [.notFound, .dataLoss].contains(error.code) {
                        // Whoever has the layer in another way does not need its bytes, be they gone or damaged.
                        guard let missing else { throw error }
                        try missing(MissingLayer(layer: layer.digest, name: name, parent: parent))
                    }
                    wrote = true
                }
                let usage = try driver.snapshotter.usage(name)
                var holders = [Node.lease(lease)]
                if isTop { holders.append(.blob(image.manifestDigest)) }
                try catalog.putSnapshot(
                    SnapshotRecord(
                        driver: driver.name, namespace: namespace, info: try driver.snapshotter.stat(name),
                        usage: usage),
                    holders: holders)
                size += usage.bytes
                supply.finished(layer, wasThere: present)
            }
            parent = name
        }
        resolver.note(image, size: size)
        if wrote, let top = image.top { syncLater(top, image.chain.map(\.description), driver) }
    }

    /// One at a time for a key: the second finds what the first has made.
    private func alone(_ key: String, _ supply: any LayerSupply, _ body: () throws -> Void) throws {
        // Looks up from time to time, since nobody wakes it when the image is not wanted any more.
        while busy.wait(milliseconds: 200, until: { $0.insert(key).inserted ? true : nil }) == nil {
            try supply.checkWanted()
        }
        defer {
            busy.with { _ = $0.remove(key) }
            busy.wakeAll()
        }
        try body()
    }

    /// Unpacks a layer. When that fails over bytes that were not verified yet, they are judged first: wrong bytes are the
    /// registry's fault and said to be; right ones are unpacked once more, since a transfer that had to begin again fails
    /// whoever was reading it.
    private func apply(
        _ layer: Descriptor, from supply: any LayerSupply, diffID: Digest, as name: String, parent: String?,
        _ snapshotter: any Snapshotter
    ) throws {
        if let decoder, decoder.decodes(layer.mediaType) {
            try supply.verify(layer)
            return try decoder.decode(layer) { bytes in
                try apply(
                    LayerSource(bytes: bytes, isVerified: true), layer, from: supply, diffID: diffID, as: name,
                    parent: parent, snapshotter)
            }
        }
        let source = try supply.open(layer)
        do {
            try apply(source, layer, from: supply, diffID: diffID, as: name, parent: parent, snapshotter)
        } catch {
            if source.isVerified { throw error }
            try supply.verify(layer)
            let again = try supply.open(layer)
            try apply(again, layer, from: supply, diffID: diffID, as: name, parent: parent, snapshotter)
        }
    }

    private func apply(
        _ source: LayerSource, _ layer: Descriptor, from supply: any LayerSupply, diffID: Digest, as name: String,
        parent: String?, _ snapshotter: any Snapshotter
    ) throws {
        let key = "unpack-" + File.random(8).map { String($0, radix: 16) }.joined()
        let mounts = try snapshotter.prepare(key, parent: parent, labels: [:])
        do {
            let options = LayerOptions(
                // Docker never looked at what its own media types say of the compression, and tools got used to that:
                // skopeo puts plain tars into registries as 'tar.gzip'. The bytes say what they are.
                mediaType: layer.mediaType.isDockers ? nil : layer.mediaType, unpackedLimit: layerLimit,
                name: "layer '\(layer.digest.short)'")
            let applied: AppliedLayer
            if let target = try snapshotter.layerTarget(key) {
                applied = try applier.apply(source.bytes, to: target, options: options)
            } else {
                applied = try mounts.withMounted(below: scratch) { path in
                    try applier.apply(
                        source.bytes, to: LayerTarget(directory: path, style: .plain), options: options)
                }
            }
            try supply.verify(layer)
            guard applied.diffID == diffID else {
                throw GantryError(
                    .dataLoss,
                    "unpack layer '\(layer.digest)': its content is '\(applied.diffID)', the image's configuration says '\(diffID)'"
                )
            }
            try snapshotter.commit(key, as: name, labels: [:], usage: applied.usage)
        } catch {
            try? snapshotter.remove(key)
            throw error
        }
    }

    /// Makes the content of committed snapshots durable in the background: of `top`, whose sync takes `names` along.
    package func syncLater(_ top: String, _ names: [String], _ driver: Driver) {
        let catalog = self.catalog
        background {
            do {
                try driver.snapshotter.sync(top)
                try catalog.markSynced(driver: driver.name, names)
            } catch {
                // Still unsynced, and known as such: the next boot unpacks them again if the machine goes down.
            }
        }
    }
}
