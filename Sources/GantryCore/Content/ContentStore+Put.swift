package import GantryModel
import GantryWire

extension ContentStore {
    /// Stores bytes that are all in memory; fine when they are there already, or half there.
    /// - Throws: as `writer`, `write` and `commit` do, but never `.alreadyExists`.
    package func put(
        _ bytes: [UInt8], expected: BlobExpectation = .init(), labels: Labels = [:], lease: LeaseKey? = nil
    )
        throws -> Digest
    {
        let digest = Digest.of(bytes, expected.digest?.algorithm ?? .sha256)
        if let wanted = expected.digest, wanted != digest {
            throw GantryError(.dataLoss, "store blob '\(wanted)': the bytes are '\(digest)'")
        }
        if let size = expected.size, size != Int64(bytes.count) {
            throw GantryError(
                .failedPrecondition, "store blob '\(digest)': it has \(bytes.count) bytes where \(size) were expected")
        }
        do {
            let writer = try writer(
                "put-\(digest)", BlobExpectation(digest: digest, size: Int64(bytes.count)), lease: lease)
            defer { writer.close() }
            if writer.offset > 0 { try writer.truncate() }
            try writer.write(bytes)
            try writer.commit(labels: labels)
        } catch let error as GantryError where error.code == .alreadyExists {
            // Found: the lease holds it now.
        }
        return digest
    }
}
