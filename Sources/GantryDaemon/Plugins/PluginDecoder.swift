import GantryCore
import GantryModel
import GantryRemote
import GantrySystem
import GantryWire

/// Layers of types that a differ plugin has announced: it sends the plain archive, and everything else (checks, hashes,
/// writing) is as with any other layer. So a differ touches no file system, and works with every snapshotter.
struct PluginDecoder: LayerDecoder {
    let host: OnceBox<PluginHost>
    /// The file of a blob.
    let path: @Sendable (Digest) -> String

    func decodes(_ mediaType: MediaType) -> Bool { plugin(mediaType) != nil }

    private func plugin(_ mediaType: MediaType) -> HostedPlugin? {
        host.get.plugins("differ.v1").first { $0.manifest.mediaTypes.contains(mediaType.rawValue) }
    }

    func decode(_ layer: Descriptor, _ body: (any ByteSource) throws -> Void) throws {
        guard let plugin = plugin(layer.mediaType) else {
            throw GantryError(.unavailable, "decode layer '\(layer.digest.short)': its differ plugin was taken out")
        }
        let params: JSONObject = [
            "mediaType": .string(layer.mediaType.rawValue), "digest": .string(layer.digest.description),
            "size": .int(layer.size), "path": .string(path(layer.digest)),
        ]
        _ = try plugin.link.bulk("differ.decode", params) { descriptor in
            try body(Bytes(descriptor: descriptor, id: plugin.manifest.id))
        }
    }

    /// What comes over the second connection.
    private final class Bytes: ByteSource {
        private let descriptor: Int32
        private let id: String

        init(descriptor: Int32, id: String) {
            self.descriptor = descriptor
            self.id = id
        }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
            do throws(Errno) { return try UnixSocket.receive(descriptor, into: buffer) } catch {
                let reason = error == .again ? "it has stopped sending" : error.reason
                throw GantryError(.unavailable, "decode layer: plugin '\(id)': \(reason)")
            }
        }
    }
}
