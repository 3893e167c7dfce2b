public import GantryWire

/// The manifests of one image for several platforms, or the table of contents of an archive.
///
/// Sources: OCI image-spec v1.1, image-index.md; Docker's manifest list.
public struct Index: JSONConvertible, Hashable {
    /// OCI or Docker; OCI documents may leave it out.
    public var mediaType: MediaType
    /// What is listed; manifests, or further indexes.
    public var manifests: [Descriptor]
    /// Free annotations.
    public var annotations: [String: String]

    /// Makes an index.
    public init(mediaType: MediaType = .ociIndex, manifests: [Descriptor], annotations: [String: String] = [:]) {
        self.mediaType = mediaType
        self.manifests = manifests
        self.annotations = annotations
    }

    /// Reads an index.
    public init(json: JSON) throws(GantryError) {
        let fields = try JSONFields(json, of: "image index")
        try SchemaVersion.check(fields)
        mediaType = MediaType(rawValue: try fields.optionalString("mediaType") ?? MediaType.ociIndex.rawValue)
        guard mediaType.kind == .index else {
            throw GantryError(.invalidArgument, "read image index: field 'mediaType': '\(mediaType)' is no index")
        }
        guard fields.value("manifests") != nil else {
            throw GantryError(.invalidArgument, "read image index: field 'manifests' is missing")
        }
        manifests = try fields.list("manifests", of: Descriptor.self)
        annotations = try fields.stringMap("annotations")
    }

    /// The index.
    public var json: JSON {
        var object: JSONObject = [
            "schemaVersion": 2, "mediaType": .string(mediaType.rawValue), "manifests": .array(manifests.map(\.json)),
        ]
        object.put("annotations", JSON.map(annotations))
        return .object(object)
    }
}
