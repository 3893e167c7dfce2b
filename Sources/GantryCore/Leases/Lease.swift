public import GantryModel

/// Names a lease: ids are unique in a namespace.
public struct LeaseKey: Sendable, Hashable {
    /// The namespace.
    public var namespace: String
    /// The id.
    public var id: String

    /// Makes a key.
    public init(namespace: String, id: String) {
        self.namespace = namespace
        self.id = id
    }
}

/// Keeps things that nothing refers to yet: the blobs of an image that is still being pulled.
public struct Lease: Sendable, Equatable {
    /// Namespace and id.
    public var key: LeaseKey
    /// Free labels.
    public var labels: Labels
    /// When it was made.
    public var created: Timestamp
    /// When it ends by itself; never when nil.
    public var expires: Timestamp?

    /// Makes a lease.
    public init(key: LeaseKey, labels: Labels = [:], created: Timestamp, expires: Timestamp? = nil) {
        self.key = key
        self.labels = labels
        self.created = created
        self.expires = expires
    }
}
