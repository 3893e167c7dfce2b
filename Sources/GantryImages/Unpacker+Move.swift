package import GantryCore
package import GantryModel
import GantryWire

/// A layer whose bytes are not in the content store any more, and the snapshot that is to be made of it.
package struct MissingLayer: Sendable {
    /// The blob that is gone.
    package var layer: Digest
    /// The committed snapshot to make.
    package var name: String
    /// What it stands on.
    package var parent: String?
}

extension Unpacker {
    /// Unpacks an image for a driver from the content store, and what is not there by `missing`, which commits it.
    ///
    /// - Parameters:
    ///   - check: called before each layer; what it throws ends the work.
    ///   - finished: told of each layer whose snapshot is there, and whether it was before.
    /// - Throws: as `unpack`, and what the closures throw.
    package func unpack(
        _ image: ResolvedImage, for driver: Driver, namespace: String, lease: LeaseKey,
        check: @escaping @Sendable () throws -> Void,
        finished: @escaping @Sendable (_ layer: Digest, _ wasThere: Bool) -> Void,
        missing: (MissingLayer) throws -> Void
    ) throws {
        let supply = ToldLayers(stored: StoredLayers(content: contentStore), check: check, told: finished)
        try withoutActuallyEscaping(missing) { missing in
            try unpack(image, for: driver, namespace: namespace, lease: lease, from: supply, missing: missing)
        }
    }
}

/// Layers that are in the content store, for who wants to know how it goes on.
private struct ToldLayers: LayerSupply {
    let stored: StoredLayers
    let check: @Sendable () throws -> Void
    let told: @Sendable (Digest, Bool) -> Void

    func open(_ layer: Descriptor) throws -> LayerSource {
        try check()
        return try stored.open(layer)
    }

    func verify(_ layer: Descriptor) throws { try check() }
    func finished(_ layer: Descriptor, wasThere: Bool) { told(layer.digest, wasThere) }
    func checkWanted() throws { try check() }
}
