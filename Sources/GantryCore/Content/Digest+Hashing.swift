package import GantryHost
package import GantryModel

extension Digest {
    /// The digest of bytes that are all there.
    package static func of(_ bytes: [UInt8], _ algorithm: Algorithm = .sha256) -> Digest {
        Digest(algorithm, hash: DigestHasher.hash(bytes, .init(algorithm)))
    }

    /// The digest of everything that a hasher of this algorithm took.
    package init(_ algorithm: Algorithm, finishing hasher: consuming DigestHasher) {
        self.init(algorithm, hash: hasher.finish())
    }
}

extension DigestHasher.Algorithm {
    /// The hash function of a digest's algorithm.
    package init(_ algorithm: Digest.Algorithm) {
        switch algorithm {
        case .sha256: self = .sha256
        case .sha512: self = .sha512
        }
    }
}

extension ChainID {
    /// The chain id of every prefix of `diffIDs`, the whole image's last.
    package static func all(_ diffIDs: [Digest]) -> [Digest] { all(diffIDs) { Digest.of($0) } }
}
