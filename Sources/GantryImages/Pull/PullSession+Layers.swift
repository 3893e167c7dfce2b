import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// The layers of a pull as the unpacker reads them, while they come in.
extension PullSession: LayerSupply {
    func open(_ layer: Descriptor) throws -> LayerSource {
        switch try arrival(layer.digest) {
        case .following(let transfer):
            return LayerSource(bytes: FollowingSource(transfer, session: self), isVerified: false)
        case .stored, .waiting:
            let source = CountingSource(BlobSource(try content.reader(layer.digest)), layer.digest, session: self)
            return LayerSource(bytes: source, isVerified: true)
        }
    }

    func verify(_ layer: Descriptor) throws { try settle(layer.digest) }

    func finished(_ layer: Descriptor, wasThere: Bool) {
        state.with { state in
            state.finished.insert(layer.digest)
            if !wasThere { state.written.insert(layer.digest) }
        }
        state.wakeAll()
    }

    /// So many compressed bytes of the layer were taken to be unpacked.
    func unpacked(_ digest: Digest, to offset: Int64) {
        state.with { $0.unpacked[digest] = offset }
    }

    /// How far every layer is, lowest first. Cost: some locks a layer.
    package var progress: [LayerProgress] {
        let (layers, state) = state.with { ($0.layers, $0) }
        return layers.map { layer in
            func told(_ step: LayerProgress.State, _ current: Int64, _ message: String? = nil) -> LayerProgress {
                LayerProgress(
                    digest: layer.digest, state: step, current: min(current, layer.size), total: layer.size,
                    message: message)
            }
            switch state.arrivals[layer.digest] {
            case .waiting?, nil: return told(.waiting, 0)
            case .following(let transfer)?:
                let view = transfer.view
                if let reason = view.retrying { return told(.retrying, view.available, reason) }
                return told(view.isComplete ? .verifying : .downloading, view.available)
            case .stored?:
                if state.finished.contains(layer.digest) {
                    let isNew = state.fetched.contains(layer.digest) || state.written.contains(layer.digest)
                    return told(isNew ? .done : .exists, layer.size)
                }
                return state.unpacked[layer.digest].map { told(.unpacking, $0) } ?? told(.unpacking, 0)
            }
        }
    }
}

/// The bytes of a layer that is still being transferred.
final class FollowingSource: ByteSource, @unchecked Sendable {
    // SAFETY: a source is used from one thread at a time (see `ByteSource`), so `offset` has one user.
    private let transfer: Transfer
    private let session: PullSession
    private let generation: Int
    private var offset: Int64 = 0

    init(_ transfer: Transfer, session: PullSession) {
        self.transfer = transfer
        self.session = session
        generation = transfer.generation
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try transfer.read(into: buffer, at: offset, generation: generation) { session.stopped }
        offset += Int64(count)
        session.unpacked(transfer.descriptor.digest, to: offset)
        return count
    }
}

/// The bytes of a stored layer, while a pull watches.
final class CountingSource: ByteSource, @unchecked Sendable {
    // SAFETY: a source is used from one thread at a time (see `ByteSource`), so `offset` has one user.
    private let source: BlobSource
    private let digest: Digest
    private let session: PullSession
    private var offset: Int64 = 0

    init(_ source: BlobSource, _ digest: Digest, session: PullSession) {
        self.source = source
        self.digest = digest
        self.session = session
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        try session.checkWanted()
        let count = try source.read(into: buffer)
        offset += Int64(count)
        session.unpacked(digest, to: offset)
        return count
    }
}
