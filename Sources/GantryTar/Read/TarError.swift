/// Why a byte stream is not a tar archive that can be trusted.
///
/// A leaf error with a closed meaning: whoever applies the archive turns it into a `GantryError` that names the layer.
package struct TarError: Error, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The input ended inside a header or a body.
        case truncated
        /// A field contradicts the format: a checksum, a number, a record.
        case malformed
        /// A field asks for more memory than a reader should spend on it.
        case limit
    }

    package var kind: Kind
    /// What was wrong, for people; names the entry where one is known.
    package var reason: String
    /// Offset in bytes of the block at fault, from the start of the archive.
    package var offset: Int64

    package init(_ kind: Kind, _ reason: String, at offset: Int64) {
        self.kind = kind
        self.reason = reason
        self.offset = offset
    }

    package var description: String { "\(reason) (tar offset \(offset))" }
}
