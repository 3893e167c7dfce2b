public import GantryModel
public import GantryWire

/// A container: what was decided when it was created, and how it is doing.
///
/// Everything but `status` is fixed for its life. The runtime specification is kept beside it (`ContainerStore.spec`):
/// it is large and only a start needs it.
public struct ContainerRecord: JSONConvertible, Equatable {
    /// The id.
    public var id: ContainerID
    /// The namespace.
    public var namespace: String
    /// The name, unique in the namespace.
    public var name: String
    /// What the image was called when the container was made.
    public var image: String
    /// The image's manifest.
    public var imageDigest: Digest?
    /// Free labels; those of the image among them.
    public var labels: Labels
    /// When it was made.
    public var createdAt: Timestamp
    /// The driver of its snapshot.
    public var snapshotter: String
    /// The key of its snapshot: the id.
    public var snapshotKey: String
    /// Path of the OCI runtime.
    public var runtime: String
    /// What the daemon keeps for its own use and for `inspect`: command, log settings, volumes, …
    public var details: JSON
    /// How it is doing.
    public var status: ContainerStatus

    /// Makes a record.
    public init(
        id: ContainerID, namespace: String, name: String, image: String, imageDigest: Digest?, labels: Labels = [:],
        createdAt: Timestamp, snapshotter: String, snapshotKey: String, runtime: String, details: JSON = [:],
        status: ContainerStatus = .init()
    ) {
        self.id = id
        self.namespace = namespace
        self.name = name
        self.image = image
        self.imageDigest = imageDigest
        self.labels = labels
        self.createdAt = createdAt
        self.snapshotter = snapshotter
        self.snapshotKey = snapshotKey
        self.runtime = runtime
        self.details = details
        self.status = status
    }

    /// Reads what `json` wrote.
    public init(json: JSON) throws(GantryError) {
        let fields = try JSONFields(json, of: "container")
        let digest = fields.value("imageDigest") == nil ? nil : try fields.digest("imageDigest")
        self.init(
            id: try ContainerID(fields.string("id")), namespace: try fields.string("namespace"),
            name: try fields.string("name"), image: try fields.string("image"), imageDigest: digest,
            labels: try fields.stringMap("labels"), createdAt: try Timestamp(fields.string("createdAt")),
            snapshotter: try fields.string("snapshotter"), snapshotKey: try fields.string("snapshotKey"),
            runtime: try fields.string("runtime"), details: fields.value("details") ?? [:],
            status: try fields.optional("status", as: ContainerStatus.self) ?? ContainerStatus())
    }

    /// The record as it travels; empty members are left out.
    public var json: JSON {
        var object: JSONObject = [
            "id": .string(id.text), "namespace": .string(namespace), "name": .string(name), "image": .string(image),
        ]
        object.put("imageDigest", imageDigest?.description)
        object.put("labels", JSON.map(labels))
        object.put("createdAt", createdAt.description)
        object.put("snapshotter", snapshotter)
        object.put("snapshotKey", snapshotKey)
        object.put("runtime", runtime)
        object.put("details", details)
        object.put("status", status.json)
        return .object(object)
    }
}
