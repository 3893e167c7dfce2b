public import GantryModel
import GantryWire

/// A namespace: names in one do not meet names in another. It separates names, not trust.
public struct NamespaceRecord: Sendable, Equatable {
    /// `[A-Za-z0-9][A-Za-z0-9_.-]*`, at most 64 characters: it is part of paths.
    public var name: String
    /// Free labels.
    public var labels: Labels
    /// When it was made.
    public var created: Timestamp

    /// Makes a record.
    public init(name: String, labels: Labels = [:], created: Timestamp) {
        self.name = name
        self.labels = labels
        self.created = created
    }

    /// Checks a name.
    /// - Throws: `.invalidArgument`.
    public static func validate(_ name: String) throws(GantryError) {
        let bytes = Array(name.utf8)
        func isWord(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"):
                true
            default: false
            }
        }
        guard let first = bytes.first, isWord(first), bytes.count <= 64,
            bytes.allSatisfy({ isWord($0) || "_.-".utf8.contains($0) })
        else {
            throw GantryError(
                .invalidArgument, "name namespace '\(name)': not [A-Za-z0-9][A-Za-z0-9_.-]* of at most 64 characters")
        }
    }
}

/// Keeps namespaces. Any change in an unknown namespace makes it; `default` is always there.
package protocol NamespaceStore: AnyObject, Sendable {
    /// All of them, ordered by name. Answered from memory.
    func namespaces() -> [NamespaceRecord]

    /// Makes one, or replaces its labels.
    /// - Throws: `.invalidArgument` (name).
    func putNamespace(_ name: String, labels: Labels) throws -> NamespaceRecord

    /// Removes an empty one.
    /// - Throws: `.notFound`; `.failedPrecondition` while it has images, containers or leases, and for `default`.
    func deleteNamespace(_ name: String) throws
}
