public import GantryModel

/// One end of a reference: something that the collector knows.
///
/// Leases, images and containers are roots: they are there because somebody said so, and nothing collects them.
/// Blobs and snapshots are there as long as something refers to them.
public struct Node: Sendable, Hashable, CustomStringConvertible {
    /// What it is. The numbers are stored.
    public enum Kind: Int64, Sendable, CaseIterable {
        case lease = 1
        case image = 2
        case container = 3
        case blob = 4
        case snapshot = 5

        /// Whether it may be collected when nothing refers to it.
        public var isCollected: Bool { self == .blob || self == .snapshot }
    }

    /// What it is.
    public let kind: Kind
    /// Which one, as stored.
    public let key: String

    /// Makes a node of its stored form.
    public init(kind: Kind, key: String) {
        self.kind = kind
        self.key = key
    }

    /// A lease.
    public static func lease(_ lease: LeaseKey) -> Node { Node(kind: .lease, key: "\(lease.namespace)/\(lease.id)") }
    /// An image by its whole normalised name.
    public static func image(namespace: String, name: String) -> Node {
        Node(kind: .image, key: "\(namespace)/\(name)")
    }
    /// A container.
    public static func container(_ id: ContainerID) -> Node { Node(kind: .container, key: id.text) }
    /// A blob.
    public static func blob(_ digest: Digest) -> Node { Node(kind: .blob, key: digest.description) }
    /// A snapshot of a driver, by key or name.
    public static func snapshot(driver: String, key: String) -> Node { Node(kind: .snapshot, key: "\(driver)/\(key)") }

    /// The key before and behind its first slash: namespace and id or name, or driver and key.
    package var parts: (String, String) {
        guard let slash = key.firstIndex(of: "/") else { return (key, "") }
        return (String(key[..<slash]), String(key[key.index(after: slash)...]))
    }

    /// `blob 'sha256:…'`.
    public var description: String { "\(kind) '\(key)'" }
}
