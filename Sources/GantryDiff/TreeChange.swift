/// A difference between two trees: what became of one name.
package struct TreeChange: Sendable, Equatable {
    /// The letters are those that docker and podman print.
    package enum Kind: String, Sendable {
        case added = "A"
        case changed = "C"
        case deleted = "D"
    }

    package var kind: Kind
    /// From the root, without a slash before it.
    package var path: [UInt8]
    /// Of a directory: nothing but its times changed, as when something in it came or went.
    package var isOnlyTimes = false
}
