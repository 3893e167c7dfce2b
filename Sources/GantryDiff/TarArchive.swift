public import GantryCore
import GantryModel
import GantryTar
import GantryWire

/// Opens image archives: a tar, plain or compressed by gzip or zstd.
public struct TarArchives: ArchiveOpener {
    /// Makes an opener; it has no state.
    public init() {}

    /// Begins to read; nothing is read before the first `next`.
    public func open(_ source: any ByteSource) -> any ArchiveReader { TarArchive(source) }
}

/// The entries of a tar that comes as a stream.
final class TarArchive: ArchiveReader {
    private let source: SourceBuffer
    private var stream: (any LayerStream)?
    private var reader = TarReader()
    private let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    private var filled = 0
    private var cursor = 0
    /// Content of the current entry that lies in `chunk` and was not asked for yet.
    private var pending = 0..<0
    private var inEntry = false
    private var ended = false

    init(_ source: any ByteSource) { self.source = SourceBuffer(source, hashes: false) }

    deinit { chunk.deallocate() }

    func next() throws -> ArchiveEntry? {
        pending = 0..<0
        while !ended {
            guard case .entry = try advance() else { continue }
            inEntry = true
            let entry = reader.entry
            let kind: ArchiveEntry.Kind =
                switch entry.kind {
                case .file: .file
                case .directory: .directory
                case .hardLink: .hardLink
                case .symbolicLink: .symbolicLink
                default: .other
                }
            return ArchiveEntry(
                kind: kind, name: String(decoding: entry.path, as: UTF8.self),
                link: String(decoding: entry.link, as: UTF8.self), size: entry.size)
        }
        try drain()
        return nil
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while pending.isEmpty {
            guard inEntry else { return 0 }
            switch try advance() {
            case .data(_, let bytes): pending = bytes
            case .endEntry, .end, .entry: inEntry = false
            case .needsInput: continue
            }
        }
        let count = min(buffer.count, pending.count)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: chunk[pending.prefix(count)]))
        pending = pending.dropFirst(count)
        return count
    }

    /// The next event, with input read when the reader wants some.
    private func advance() throws -> TarReader.Event {
        do throws(TarError) {
            let event = try reader.next(UnsafeRawBufferPointer(rebasing: chunk[0..<filled]), at: &cursor)
            if event == .end { ended = true }
            if event != .needsInput { return event }
        } catch {
            throw GantryError(.dataLoss, "read archive: \(error)")
        }
        if stream == nil { stream = try LayerCompression.open(source, mediaType: nil, name: "archive") }
        filled = try stream!.read(into: chunk)
        cursor = 0
        if filled == 0 {
            do throws(TarError) { try reader.finish() } catch {
                throw GantryError(.dataLoss, "read archive: \(error)")
            }
            ended = true
            return .end
        }
        return .needsInput
    }

    /// Reads what follows the end marker, so that whoever sends it is not cut off.
    private func drain() throws {
        guard let stream, filled > 0 else { return }
        while try stream.read(into: chunk) > 0 {}
        filled = 0
    }
}
