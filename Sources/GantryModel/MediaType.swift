/// What kind of bytes a blob holds, as an IANA-style name.
///
/// Sources: OCI image-spec v1.1, media-types.md; Docker's "Image Manifest Version 2, Schema 2".
public struct MediaType: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The name as it was written.
    public let rawValue: String

    /// Takes any name; unknown ones are of kind `.other`.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The name.
    public var description: String { rawValue }

    /// An OCI image index.
    public static let ociIndex = MediaType(rawValue: "application/vnd.oci.image.index.v1+json")
    /// An OCI image manifest.
    public static let ociManifest = MediaType(rawValue: "application/vnd.oci.image.manifest.v1+json")
    /// An OCI image configuration.
    public static let ociConfig = MediaType(rawValue: "application/vnd.oci.image.config.v1+json")
    /// An OCI layer, not compressed.
    public static let ociLayer = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar")
    /// An OCI layer in gzip.
    public static let ociLayerGzip = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+gzip")
    /// An OCI layer in zstd.
    public static let ociLayerZstd = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+zstd")
    /// A Docker manifest list: what the OCI calls an index.
    public static let dockerManifestList = MediaType(
        rawValue: "application/vnd.docker.distribution.manifest.list.v2+json")
    /// A Docker image manifest.
    public static let dockerManifest = MediaType(rawValue: "application/vnd.docker.distribution.manifest.v2+json")
    /// A Docker image configuration.
    public static let dockerConfig = MediaType(rawValue: "application/vnd.docker.container.image.v1+json")
    /// A Docker layer, not compressed.
    public static let dockerLayer = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar")
    /// A Docker layer in gzip.
    public static let dockerLayerGzip = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar.gzip")
    /// A Docker layer in zstd.
    public static let dockerLayerZstd = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar.zstd")
    /// Bytes of which nothing is known.
    public static let octetStream = MediaType(rawValue: "application/octet-stream")
}

extension MediaType {
    /// How the tar of a layer is packed.
    public enum Compression: Sendable, Hashable {
        case none, gzip, zstd
    }

    /// What to do with a blob of this type.
    public enum Kind: Sendable, Hashable {
        /// Lists manifests by platform.
        case index
        /// Names a configuration and layers.
        case manifest
        /// Configuration of an image.
        case config
        /// A layer; `foreign` ones may not be pushed to other registries.
        case layer(Compression, foreign: Bool)
        /// Anything else.
        case other
    }

    /// The kind that the name says; parameters after `;` are ignored.
    public var kind: Kind {
        let name = rawValue.split(separator: ";", maxSplits: 1).first.map(String.init) ?? rawValue
        switch MediaType(rawValue: name) {
        case .ociIndex, .dockerManifestList: return .index
        case .ociManifest, .dockerManifest: return .manifest
        case .ociConfig, .dockerConfig: return .config
        default: break
        }
        let plain = [
            "application/vnd.oci.image.layer.v1.tar": false,
            "application/vnd.oci.image.layer.nondistributable.v1.tar": true,
            "application/vnd.docker.image.rootfs.diff.tar": false,
            "application/vnd.docker.image.rootfs.foreign.diff.tar": true,
        ]
        for (stem, foreign) in plain where name.hasPrefix(stem) {
            switch name.dropFirst(stem.count) {
            case "": return .layer(.none, foreign: foreign)
            case "+gzip", ".gzip": return .layer(.gzip, foreign: foreign)
            case "+zstd", ".zstd": return .layer(.zstd, foreign: foreign)
            default: return .other
            }
        }
        return .other
    }

    /// Whether it is one of Docker's own names, which are older than the OCI's.
    public var isDockers: Bool { rawValue.hasPrefix("application/vnd.docker.") }

    /// Whether the name says that it is a layer.
    public var isLayer: Bool {
        guard case .layer = kind else { return false }
        return true
    }
}
