package import GantryModel
import GantrySystem
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
            let writer = try patientWriter(
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

    /// A writer, also when somebody else stores the same bytes at this moment: that is over in a few milliseconds.
    private func patientWriter(
        _ ref: String, _ expected: BlobExpectation, lease: LeaseKey?
    ) throws -> any BlobWriter {
        let end = Clock.monotonic + 10_000_000_000
        while true {
            do {
                return try writer(ref, expected, lease: lease)
            } catch let error as GantryError where error.code == .unavailable && Clock.monotonic < end {
                Clock.sleep(milliseconds: 2)
            }
        }
    }
}
