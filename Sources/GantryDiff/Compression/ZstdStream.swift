internal import CZstd
import GantryCore
import GantryModel
import GantryWire

/// Unpacks zstd, any number of frames. Windows beyond 128 MiB are refused: a layer must not choose our memory.
///
/// Source: RFC 8878.
final class ZstdStream: LayerStream {
    private static let windowLog: Int32 = 27

    private let source: SourceBuffer
    private let name: String
    private let context: OpaquePointer
    private var isInFrame = false

    init(_ source: SourceBuffer, name: String) throws {
        guard let context = ZSTD_createDCtx() else {
            throw GantryError(.resourceExhausted, "unpack \(name): no memory for zstd")
        }
        self.source = source
        self.name = name
        self.context = context
        _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, ZstdStream.windowLog)
    }

    deinit { ZSTD_freeDCtx(context) }

    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
        var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
        while output.pos < output.size {
            let bytes = try source.available()
            if bytes.isEmpty, !isInFrame { break }
            var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
            let before = output.pos
            let result = ZSTD_decompressStream(context, &output, &input)
            source.take(input.pos)
            if ZSTD_isError(result) != 0 {
                let reason = String(cString: ZSTD_getErrorName(result))
                throw GantryError(.dataLoss, "unpack \(name): the zstd stream is corrupt: \(reason)")
            }
            isInFrame = result != 0
            if bytes.isEmpty, isInFrame, output.pos == before {
                throw GantryError(.dataLoss, "unpack \(name): the zstd stream is truncated")
            }
        }
        return output.pos
    }
}
