internal import CCrypto

/// A hash function that takes its input in pieces; OpenSSL's EVP.
///
/// Speed: about 1.5 GB/s a core for SHA-256 with the processor's instructions. Named apart from `Swift.Hasher`, which
/// it would hide.
package struct DigestHasher: ~Copyable, @unchecked Sendable {
    // SAFETY: move-only, so the context it owns has one user at a time.
    /// The hash functions that digests are made with.
    package enum Algorithm: Sendable {
        case sha256, sha512

        fileprivate var method: OpaquePointer? {
            switch self {
            case .sha256: EVP_sha256()
            case .sha512: EVP_sha512()
            }
        }
    }

    // SAFETY: the context belongs to this value alone, which cannot be copied; methods that change it take it inout.
    private let context: OpaquePointer

    /// Starts a hash. Traps when libcrypto has no such function or no memory: nothing could be verified any more.
    package init(_ algorithm: Algorithm) {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, algorithm.method, nil) == 1 else {
            preconditionFailure("libcrypto cannot start \(algorithm)")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Takes the next bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        precondition(EVP_DigestUpdate(context, base, bytes.count) == 1, "libcrypto cannot continue a hash")
    }

    /// The hash of all bytes; the hasher is used up.
    package consuming func finish() -> [UInt8] { Self.final(of: context) }

    /// The hash of the bytes so far; more may follow. Costs a copy of the state, under a microsecond.
    package borrowing func current() -> [UInt8] {
        guard let copy = EVP_MD_CTX_new(), EVP_MD_CTX_copy_ex(copy, context) == 1 else {
            preconditionFailure("libcrypto cannot copy a hash")
        }
        defer { EVP_MD_CTX_free(copy) }
        return Self.final(of: copy)
    }

    /// The hash of bytes that are all there.
    package static func hash(_ bytes: [UInt8], _ algorithm: Algorithm = .sha256) -> [UInt8] {
        var hasher = DigestHasher(algorithm)
        bytes.withUnsafeBytes { hasher.update($0) }
        return hasher.finish()
    }

    private static func final(of context: OpaquePointer) -> [UInt8] {
        var length: UInt32 = 0
        var hash = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        precondition(EVP_DigestFinal_ex(context, &hash, &length) == 1, "libcrypto cannot finish a hash")
        return Array(hash[..<Int(length)])
    }
}
