import GantryCore
import GantryHost
import GantryModel
import GantrySystem
import GantryTar
import GantryWire

/// The writing half of an unpack: hashes the archive, reads it and writes its tree. Runs on its own thread.
final class LayerWriter: @unchecked Sendable {
    // SAFETY: made on one thread and handed to the writing thread, which alone uses it from then on.
    struct Summary: Sendable {
        var diffID: Digest
        var size: Int64
        var usage: SnapshotUsage
    }

    private let name: String
    private var extraction: TarExtraction
    private var hasher = DigestHasher(.sha256)

    init(_ target: LayerTarget, options: LayerOptions) throws {
        name = options.name
        do {
            extraction = TarExtraction(into: try LayerWriter.sink(target))
        } catch let error as Errno {
            throw GantryError(.internal, "unpack \(name) to '\(target.image ?? target.directory)': \(error.reason)")
        }
    }

    private static func sink(_ target: LayerTarget) throws -> any TarSink {
        if let image = target.image { return try ImageWriter(image: image, parents: target.parents) }
        let style: TreeWriter.Style = target.style == .plain ? .plain : .overlay
        return try TreeWriter(layer: target.directory, style, parents: target.parents)
    }

    func run(_ ring: ChunkRing) throws -> Summary {
        // Only this thread's: the process keeps its umask.
        try Mounts.unshareDirectory()
        Path.setCreationMask(0)
        do {
            var size: Int64 = 0
            while let chunk = ring.full() {
                hasher.update(chunk)
                size += Int64(chunk.count)
                try extraction.feed(chunk)
                ring.release()
            }
            try extraction.finish()
            let usage = SnapshotUsage(bytes: extraction.usage.bytes, inodes: extraction.usage.inodes)
            return Summary(diffID: Digest(.sha256, hash: hasher.current()), size: size, usage: usage)
        } catch {
            throw describe(error)
        }
    }

    private func describe(_ error: any Error) -> GantryError {
        switch error {
        case let error as GantryError: return error
        case let error as TarError:
            let code: ErrorCode = error.kind == .limit ? .resourceExhausted : .dataLoss
            return GantryError(code, "unpack \(name): \(error)")
        case let error as EntryRefusal:
            return GantryError(
                .invalidArgument, "unpack \(name): entry '\(extraction.entryName)': \(error.reason)")
        case let error as Errno:
            let place = "unpack \(name): entry '\(extraction.entryName)'"
            switch error {
            case .noSpace: return GantryError(.resourceExhausted, "\(place): no space left on the device")
            case .quota: return GantryError(.resourceExhausted, "\(place): disk quota exceeded")
            case .nameTooLong, .loop, .notDirectory, .fileTooBig, .noEntry:
                return GantryError(.invalidArgument, "\(place): \(error.reason)")
            default: return GantryError(.internal, "\(place): \(error.reason)")
            }
        default: return GantryError(.internal, "unpack \(name): \(error)")
        }
    }
}
