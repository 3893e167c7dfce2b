public import GantryWire

/// One image: its configuration and its layers, lowest first.
///
/// Sources: OCI image-spec v1.1, manifest.md; Docker's manifest schema 2. Schema 1 is refused.
public struct Manifest: JSONConvertible, Hashable {
    /// OCI or Docker; OCI documents may leave it out.
    public var mediaType: MediaType
    /// The configuration.
    public var config: Descriptor
    /// The layers, lowest first.
    public var layers: [Descriptor]
    /// Free annotations.
    public var annotations: [String: String]

    /// Makes a manifest.
    public init(
        mediaType: MediaType = .ociManifest, config: Descriptor, layers: [Descriptor],
        annotations: [String: String] = [:]
    ) {
        self.mediaType = mediaType
        self.config = config
        self.layers = layers
        self.annotations = annotations
    }

    /// Reads a manifest.
    public init(json: JSON) throws(GantryError) {
        let fields = try JSONFields(json, of: "image manifest")
        try SchemaVersion.check(fields)
        mediaType = MediaType(rawValue: try fields.optionalString("mediaType") ?? MediaType.ociManifest.rawValue)
        guard mediaType.kind == .manifest else {
            throw GantryError(.invalidArgument, "read image manifest: field 'mediaType': '\(mediaType)' is no manifest")
        }
        config = try fields.nested("config", as: Descriptor.self)
        layers = try fields.list("layers", of: Descriptor.self)
        annotations = try fields.stringMap("annotations")
    }

    /// The manifest.
    public var json: JSON {
        var object: JSONObject = [
            "schemaVersion": 2, "mediaType": .string(mediaType.rawValue), "config": config.json,
            "layers": .array(layers.map(\.json)),
        ]
        object.put("annotations", JSON.map(annotations))
        return .object(object)
    }
}

/// Manifests and indexes carry the same version number.
enum SchemaVersion {
    /// - Throws: `.invalidArgument` when the document is not of version 2.
    static func check(_ fields: JSONFields) throws(GantryError) {
        let version = try fields.int("schemaVersion")
        guard version == 2 else {
            throw GantryError(
                .invalidArgument,
                "read \(fields.subject): field 'schemaVersion': version \(version) is not supported, only 2")
        }
    }
}
