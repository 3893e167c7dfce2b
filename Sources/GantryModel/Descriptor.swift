public import GantryWire

/// What a blob is, how long it is and what its bytes are named.
///
/// Source: OCI image-spec v1.1, descriptor.md. Unknown fields survive only in the stored bytes: never re-encode a
/// descriptor out of something that has been hashed.
public struct Descriptor: JSONConvertible, Hashable {
    /// Kind of the content.
    public var mediaType: MediaType
    /// Name of the content.
    public var digest: Digest
    /// Length of the content in bytes.
    public var size: Int64
    /// Where else the content can be had; only foreign layers have any.
    public var urls: [String]
    /// Free annotations; an archive names its images by `org.opencontainers.image.ref.name`.
    public var annotations: [String: String]
    /// What the content runs on; inside an index.
    public var platform: Platform?
    /// Kind of the artifact when the content is no image.
    public var artifactType: String?

    /// Makes a descriptor.
    public init(
        mediaType: MediaType, digest: Digest, size: Int64, urls: [String] = [], annotations: [String: String] = [:],
        platform: Platform? = nil, artifactType: String? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.urls = urls
        self.annotations = annotations
        self.platform = platform
        self.artifactType = artifactType
    }

    /// Reads a descriptor.
    public init(json: JSON) throws(GantryError) {
        let fields = try JSONFields(json, of: "descriptor")
        mediaType = MediaType(rawValue: try fields.string("mediaType"))
        digest = try fields.digest("digest")
        size = try fields.int("size")
        guard size >= 0 else {
            throw GantryError(.invalidArgument, "read descriptor: field 'size': \(size) is negative")
        }
        urls = try fields.optionalStrings("urls") ?? []
        annotations = try fields.stringMap("annotations")
        platform = try fields.optional("platform", as: Platform.self)
        artifactType = try fields.optionalString("artifactType")
    }

    /// The descriptor; empty members are left out.
    public var json: JSON {
        var object: JSONObject = [
            "mediaType": .string(mediaType.rawValue), "digest": .string(digest.description), "size": .int(size),
        ]
        object.put("urls", JSON.strings(urls))
        object.put("annotations", JSON.map(annotations))
        object.put("platform", platform?.json)
        object.put("artifactType", artifactType)
        return .object(object)
    }
}
