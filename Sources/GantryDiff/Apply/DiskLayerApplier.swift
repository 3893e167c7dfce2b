public import GantryCore
import GantryHost
import GantryModel
import GantrySystem
import GantryWire

/// Applies layers to directories of this machine, in one pass over the bytes and on two threads.
///
///     source ─▶ (digest) ─▶ inflate ─▶ ring of chunks ─▶ diffID ─▶ tar ─▶ files
///     └────────── caller's thread ────────┘             └──── thread "gantry-unpack" ───┘
///
/// The writing thread has a working directory and a umask of its own, so that files are created with their final mode.
public struct DiskLayerApplier: LayerApplier {
    /// Makes an applier; it has no state.
    public init() {}

    /// See `LayerApplier.apply`; two threads, this one inflates.
    public func apply(
        _ source: any ByteSource, to target: LayerTarget, options: LayerOptions
    ) throws -> AppliedLayer {
        let writer = try LayerWriter(target, options: options)
        let ring = ChunkRing()
        let outcome = Monitor<Result<LayerWriter.Summary, any Error>?>(nil)
        do throws(Errno) {
            try Threads.start("gantry-unpack", stack: 1 << 20) {
                let result = Result { try writer.run(ring) }
                ring.cancel()
                outcome.with { $0 = result }
                outcome.wakeAll()
            }
        } catch {
            throw GantryError(.resourceExhausted, "unpack \(options.name): no thread: \(error.reason)")
        }
        let buffer = SourceBuffer(source, hashes: options.hashesSource)
        let produced = Result { try produce(buffer, into: ring, options) }
        ring.end()
        let written = outcome.wait { $0 }
        // What the writer says comes first: it failed on something earlier in the stream than where the producer is,
        // unless it only saw the stream end too soon because the producer failed.
        guard let written else { throw GantryError(.internal, "unpack \(options.name): the writer is gone") }
        if case .failure(let error) = produced { throw error }
        let summary = try written.get()
        return AppliedLayer(
            diffID: summary.diffID, size: summary.size, sourceDigest: buffer.digest(), sourceSize: buffer.total,
            usage: summary.usage)
    }

    /// Inflates until the end, or until the writer gives up.
    private func produce(_ buffer: SourceBuffer, into ring: ChunkRing, _ options: LayerOptions) throws {
        let stream = try LayerCompression.open(buffer, mediaType: options.mediaType, name: options.name)
        var size: Int64 = 0
        while let chunk = ring.empty() {
            var length = 0
            // Sources may give little at a time; a chunk is passed on when it is full.
            while length < chunk.count {
                let count = try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: chunk[length...]))
                if count == 0 { break }
                length += count
            }
            size += Int64(length)
            if size > options.unpackedLimit {
                throw GantryError(
                    .resourceExhausted,
                    "unpack \(options.name): larger than the limit of \(options.unpackedLimit) bytes")
            }
            if length > 0 { ring.fill(length) }
            if length < chunk.count { return }
        }
    }
}
