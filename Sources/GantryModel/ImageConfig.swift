public import GantryWire

/// The configuration of an image: what it runs on, how it is started and which layers it is made of.
///
/// Source: OCI image-spec v1.1, config.md; Docker's image specification v1.2 has the same fields.
public struct ImageConfig: JSONConvertible, Hashable {
    /// What the image runs on.
    public var platform: Platform
    /// When it was built; nil when the image does not say, or says the year 1 as reproducible builds do.
    public var created: Timestamp?
    /// Who built it.
    public var author: String?
    /// How a container of it is started.
    public var config: ContainerConfig
    /// Digests of the layers' uncompressed tars, lowest first.
    public var diffIDs: [Digest]
    /// How it was built, oldest step first.
    public var history: [History]

    /// Makes a configuration.
    public init(
        platform: Platform, created: Timestamp? = nil, author: String? = nil, config: ContainerConfig = .init(),
        diffIDs: [Digest], history: [History] = []
    ) {
        self.platform = platform
        self.created = created
        self.author = author
        self.config = config
        self.diffIDs = diffIDs
        self.history = history
    }

    /// Reads a configuration.
    public init(json: JSON) throws(GantryError) {
        let fields = try JSONFields(json, of: "image configuration")
        platform = Platform(
            os: try fields.string("os"), architecture: try fields.string("architecture"),
            variant: try fields.optionalString("variant"), osVersion: try fields.optionalString("os.version"))
        created = try Self.time(fields, "created")
        author = try fields.optionalString("author")
        config = try fields.optional("config", as: ContainerConfig.self) ?? ContainerConfig()
        guard let root = fields.value("rootfs") else {
            throw GantryError(.invalidArgument, "read image configuration: field 'rootfs' is missing")
        }
        let rootFields = try JSONFields(root, of: "image configuration: rootfs")
        diffIDs = []
        for text in try rootFields.optionalStrings("diff_ids") ?? [] {
            do {
                diffIDs.append(try Digest(text))
            } catch {
                throw GantryError(
                    .invalidArgument, "read image configuration: field 'rootfs.diff_ids': \(error.message)")
            }
        }
        history = try fields.list("history", of: History.self)
    }

    /// The configuration.
    public var json: JSON {
        var object = JSONObject()
        object.put("created", created?.description)
        object.put("author", author)
        object.put("architecture", platform.architecture)
        object.put("os", platform.os)
        object.put("os.version", platform.osVersion)
        object.put("variant", platform.variant)
        object.put("config", config.json)
        object["rootfs"] = ["type": "layers", "diff_ids": .strings(diffIDs.map(\.description))]
        object.put("history", .array(history.map(\.json)))
        return .object(object)
    }

    /// A time that only informs must not keep an image from running: what cannot be read counts as absent.
    fileprivate static func time(_ fields: JSONFields, _ key: String) throws(GantryError) -> Timestamp? {
        guard let text = try fields.optionalString(key) else { return nil }
        return try? Timestamp(text)
    }
}

extension ImageConfig {
    /// One step of a build.
    public struct History: JSONConvertible, Hashable {
        /// When the step was made.
        public var created: Timestamp?
        /// The command of the step.
        public var createdBy: String?
        /// A remark.
        public var comment: String?
        /// Whether the step made no layer.
        public var emptyLayer: Bool

        /// Makes a step.
        public init(created: Timestamp?, createdBy: String?, comment: String? = nil, emptyLayer: Bool = false) {
            self.created = created
            self.createdBy = createdBy
            self.comment = comment
            self.emptyLayer = emptyLayer
        }

        /// Reads a step.
        public init(json: JSON) throws(GantryError) {
            let fields = try JSONFields(json, of: "history")
            created = try ImageConfig.time(fields, "created")
            createdBy = try fields.optionalString("created_by")
            comment = try fields.optionalString("comment")
            emptyLayer = try fields.bool("empty_layer")
        }

        /// The step.
        public var json: JSON {
            var object = JSONObject()
            object.put("created", created?.description)
            object.put("created_by", createdBy)
            object.put("comment", comment)
            if emptyLayer { object["empty_layer"] = true }
            return .object(object)
        }
    }
}
