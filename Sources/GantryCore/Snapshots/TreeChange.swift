/// A difference between two trees: what became of one name.
public struct TreeChange: Sendable, Equatable {
    /// What happened. The letters are those that docker and podman print.
    public enum Kind: String, Sendable {
        case added = "A"
        case changed = "C"
        case deleted = "D"
    }

    /// What happened to the name.
    public var kind: Kind
    /// From the root, without a slash before it.
    public var path: [UInt8]
    /// Of a directory: nothing but its times changed, as when something in it came or went.
    public var isOnlyTimes: Bool

    /// Makes a change.
    public init(kind: Kind, path: [UInt8], isOnlyTimes: Bool = false) {
        self.kind = kind
        self.path = path
        self.isOnlyTimes = isOnlyTimes
    }
}
