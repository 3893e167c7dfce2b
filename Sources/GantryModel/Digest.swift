import GantryWire

/// The name of some bytes: a hash algorithm and the hash, written `sha256:<64 lower-case hex digits>`.
///
/// Source: OCI image-spec v1.1, descriptor.md, "Digests". sha256 and sha512 are accepted; an algorithm that is
/// merely registered is refused, because nothing here could verify it.
public struct Digest: Sendable, Hashable {
    /// The hash functions that are accepted.
    public enum Algorithm: String, Sendable, CaseIterable {
        case sha256
        case sha512

        /// Length of the hash in bytes.
        public var byteCount: Int {
            switch self {
            case .sha256: 32
            case .sha512: 64
            }
        }
    }

    /// The hash function.
    public let algorithm: Algorithm
    /// The hash, in lower-case hexadecimal.
    public let hex: String

    /// Parses `algorithm:hex`.
    /// - Throws: `.invalidArgument` that says what is wrong with the text.
    public init(_ text: String) throws(GantryError) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw GantryError(.invalidArgument, "parse digest '\(text)': no ':' between algorithm and hash")
        }
        let name = text[..<colon]
        guard let algorithm = Algorithm(rawValue: String(name)) else {
            throw GantryError(
                .invalidArgument, "parse digest '\(text)': algorithm '\(name)' is neither sha256 nor sha512")
        }
        try self.init(algorithm, hex: String(text[text.utf8.index(after: colon)...]))
    }

    /// Makes a digest of a hash in lower-case hexadecimal.
    /// - Throws: `.invalidArgument` on a wrong length or another character.
    public init(_ algorithm: Algorithm, hex: String) throws(GantryError) {
        let expected = algorithm.byteCount * 2
        guard hex.utf8.count == expected else {
            throw GantryError(
                .invalidArgument,
                "parse digest '\(algorithm.rawValue):\(hex)': \(hex.utf8.count) hex digits where "
                    + "\(algorithm.rawValue) has \(expected)")
        }
        guard hex.utf8.allSatisfy(Hex.isLowerDigit) else {
            throw GantryError(
                .invalidArgument, "parse digest '\(algorithm.rawValue):\(hex)': not all lower-case hex digits")
        }
        self.algorithm = algorithm
        self.hex = hex
    }

    /// Makes a digest of the hash that a hash function gave.
    /// - Precondition: `hash` has as many bytes as the algorithm gives.
    public init(_ algorithm: Algorithm, hash: [UInt8]) {
        precondition(hash.count == algorithm.byteCount, "a \(algorithm.rawValue) hash has \(algorithm.byteCount) bytes")
        self.algorithm = algorithm
        self.hex = Hex.encode(hash)
    }

    /// The first 12 hex digits, as they are shown to people.
    public var short: String { String(hex.prefix(12)) }
}

extension Digest: CustomStringConvertible {
    /// `algorithm:hex`, the form that parses back.
    public var description: String { "\(algorithm.rawValue):\(hex)" }
}

extension Digest: Comparable {
    /// Orders as the written form does.
    public static func < (left: Digest, right: Digest) -> Bool {
        (left.algorithm.rawValue, left.hex) < (right.algorithm.rawValue, right.hex)
    }
}
