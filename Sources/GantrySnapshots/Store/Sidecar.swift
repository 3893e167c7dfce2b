import GantryCore
import GantryModel
import GantrySystem

/// The file that describes a snapshot: two halves with a record each, of which the later whole one counts.
///
///     {"kind":"active","name":"web",…,"revision":2}
///     <the SHA-256 of that line>
///     (spaces to the end of the half)
///
/// Why not a new file and a rename for each change: that is two syncs, and each writes to the file system's journal; bytes
/// that are there are overwritten with one sync, on ext4 in a tenth of the time. The other half says what was true before,
/// until the new one is whole: a device writes a sector or leaves it, so that what is written again with it stays what it
/// was. A record that does not fit is a file of its own, replaced by renaming.
enum Sidecar {
    /// Bytes of a half. Both together are little enough for btrfs to keep them beside the file's name.
    static let half = 1024
    static let size = 2 * half
    private static let space = UInt8(ascii: " ")
    private static let newline = UInt8(ascii: "\n")
    /// A newline before and one behind the digest.
    private static let digestSize = 64 + 2

    /// Where the half of a revision begins.
    static func offset(_ revision: Int64) -> Int64 { (revision & 1) * Int64(half) }

    /// The half of a record; nil when it does not fit.
    static func encode(_ record: [UInt8]) -> [UInt8]? {
        guard record.count + digestSize <= half else { return nil }
        var bytes = record
        bytes.reserveCapacity(half)
        bytes.append(newline)
        bytes += Digest.of(record).hex.utf8
        bytes.append(newline)
        bytes += repeatElement(space, count: half - bytes.count)
        return bytes
    }

    /// The file of a snapshot that has no other record yet, or of one that does not fit into a half.
    static func file(_ record: [UInt8], revision: Int64) -> [UInt8] {
        guard let encoded = encode(record) else {
            // Never the size of the other form.
            return record.count == size ? record + [newline] : record
        }
        let empty = [UInt8](repeating: space, count: half)
        return offset(revision) == 0 ? encoded + empty : empty + encoded
    }

    /// The records of a file that are whole, in no order.
    static func records(_ file: [UInt8]) -> [[UInt8]] {
        // The former form may happen to have that size; it has no newline.
        guard file.count == size, file.contains(newline) else { return [file] }
        return [file[..<half], file[half...]].compactMap { half in
            guard let end = half.firstIndex(of: newline) else { return nil }
            let record = Array(half[..<end])
            let digest = half[(end + 1)...].prefix(digestSize - 2)
            return digest.elementsEqual(Digest.of(record).hex.utf8) ? record : nil
        }
    }
}
