public import GantryModel

/// An image: a name in a namespace, and the manifest or index that it stands for.
public struct ImageRecord: Sendable, Equatable {
    /// The namespace.
    public var namespace: String
    /// The whole normalised reference: `docker.io/library/busybox:latest`.
    public var name: String
    /// The manifest or index.
    public var target: Descriptor
    /// Free labels.
    public var labels: Labels
    /// When the name was first given.
    public var created: Timestamp
    /// When target or labels last changed.
    public var updated: Timestamp

    /// Makes a record.
    public init(
        namespace: String, name: String, target: Descriptor, labels: Labels = [:], created: Timestamp,
        updated: Timestamp? = nil
    ) {
        self.namespace = namespace
        self.name = name
        self.target = target
        self.labels = labels
        self.created = created
        self.updated = updated ?? created
    }
}

extension ImageRecord {
    private static let nameless = "<none>@"

    /// What an image without a name is stored under: one that came without, or whose name another image took.
    public static func dangling(_ target: Digest) -> String { "\(nameless)\(target)" }

    /// Whether a stored name stands for an image without one.
    public static func isDangling(_ name: String) -> Bool { name.hasPrefix(nameless) }

    /// Whether a name can be stored: a whole normalised reference, or that of an image without a name.
    /// - Throws: `.invalidArgument` that says what is wrong with the reference.
    public static func isNormalised(_ name: String) throws(GantryError) -> Bool {
        if isDangling(name) { return dangling(try Digest(String(name.dropFirst(nameless.count)))) == name }
        return try Reference(name).description == name
    }
}

/// Keeps the names of images. All reads are answered from memory; each change is one transaction, durable when it returns.
package protocol ImageStore: AnyObject, Sendable {
    /// The image of a name.
    /// - Throws: `.notFound`.
    func image(namespace: String, name: String) throws -> ImageRecord

    /// The images of a namespace, ordered by name.
    func images(namespace: String) -> [ImageRecord]

    /// Gives a name to a target, whatever it stood for before; `created` of an existing name stays. The old target
    /// loses this reference.
    /// - Returns: the record as it is now.
    /// - Throws: `.notFound` when the target is no blob here; `.invalidArgument` for a name that is not normalised
    ///   (`ImageRecord.isNormalised`).
    func putImage(
        namespace: String, name: String, target: Descriptor, labels: Labels, events: [EventDraft]
    ) throws -> ImageRecord

    /// Takes a name away.
    /// - Returns: what it stood for.
    /// - Throws: `.notFound`.
    func deleteImage(namespace: String, name: String, events: [EventDraft]) throws -> ImageRecord
}
