package import GantryModel

/// How far one layer of a pull is.
package struct LayerProgress: Sendable, Equatable {
    /// What happens to it; the words are the protocol's.
    package enum State: String, Sendable {
        /// Nothing yet.
        case waiting
        case downloading
        /// All bytes are there; they are being synced and compared with the digest.
        case verifying
        case unpacking
        case done
        /// It was here before, stored and unpacked.
        case exists
        /// The connection broke; it is tried again.
        case retrying
    }

    /// Which layer.
    package var digest: Digest
    package var state: State
    /// Bytes of the compressed layer that came, or that were unpacked.
    package var current: Int64
    /// Bytes of the compressed layer.
    package var total: Int64
    /// Why it is tried again.
    package var message: String?

    package init(
        digest: Digest, state: State, current: Int64, total: Int64, message: String? = nil
    ) {
        self.digest = digest
        self.state = state
        self.current = current
        self.total = total
        self.message = message
    }
}
