import GantryCore
import GantryModel
import GantrySystem

/// The file that describes a snapshot: two blocks with a record each, of which the later whole one counts.
///
///     {"kind":"active","name":"web",…,"revision":2}
///     <the SHA-256 of that line>
///     (spaces to the end of the block)
///
/// Why not a new file and a rename for each change: that is two syncs, and each writes to the file system's journal; a block
/// that is there is overwritten with one sync, on ext4 in a tenth of the time. The other block says what was true before,
/// until the new one is whole. A record that does not fit is a file of its own, replaced by renaming.
enum Sidecar {
    /// Bytes that a device writes whole, or whose neighbours it leaves alone.
    static let block = 4096
    static let size = 2 * block
    private static let space = UInt8(ascii: " ")
    private static let newline = UInt8(ascii: "\n")
    /// A newline before and one behind the digest.
    private static let digestSize = 64 + 2

    /// Where the block of a revision begins.
    static func offset(_ revision: Int64) -> Int64 { (revision & 1) * Int64(block) }

    /// The block of a record; nil when it does not fit.
    static func encode(_ record: [UInt8]) -> [UInt8]? {
        guard record.count + digestSize <= block else { return nil }
        var bytes = record
        bytes.reserveCapacity(block)
        bytes.append(newline)
        bytes += Digest.of(record).hex.utf8
        bytes.append(newline)
        bytes += repeatElement(space, count: block - bytes.count)
        return bytes
    }

    /// The file of a snapshot that has no other record yet, or of one that does not fit into a block.
    static func file(_ record: [UInt8], revision: Int64) -> [UInt8] {
        guard let encoded = encode(record) else {
            // Never the size of the other form.
            return record.count == size ? record + [newline] : record
        }
        let empty = [UInt8](repeating: space, count: block)
        return offset(revision) == 0 ? encoded + empty : empty + encoded
    }

    /// The records of a file that are whole, in no order.
    static func records(_ file: [UInt8]) -> [[UInt8]] {
        guard file.count == size else { return [file] }
        return [file[..<block], file[block...]].compactMap { block in
            guard let end = block.firstIndex(of: newline) else { return nil }
            let record = Array(block[..<end])
            let digest = block[(end + 1)...].prefix(digestSize - 2)
            return digest.elementsEqual(Digest.of(record).hex.utf8) ? record : nil
        }
    }
}
