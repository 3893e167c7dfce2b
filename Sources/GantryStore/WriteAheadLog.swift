import GRDB
import GantrySystem

/// The file into which SQLite writes every transaction first, kept such that a sync of it is cheap.
///
/// A sync of a file that grew writes its new size and place too, through the file system's journal: on ext4 four times as
/// long as one of a file whose blocks are there. SQLite begins the log anew after each checkpoint and overwrites it, so
/// the log is brought to its full size once, with zeros, which are no frames: readers stop at them.
enum WriteAheadLog {
    /// After how many pages SQLite moves the log into the database and begins it anew.
    static let pages = 500
    /// The log's full size in bytes: each page has a header of 24 bytes, and a transaction may begin on the last one.
    static let size: Int64 = Int64(pages + 64) * (4096 + 24)

    private static func path(_ database: String) -> String { database + "-wal" }

    /// Before the database is opened: where file systems copy on write, this file is not to be copied. Its frames have
    /// checksums of their own.
    static func prepare(_ database: String) {
        do throws(Errno) {
            let file = try File.open(path(database), [.write, .create, .exclusive], mode: 0o600)
            try File.disableCopyOnWrite(file.raw)
        } catch {
            // It is there, or the file system knows nothing of this: what is lost is speed.
        }
    }

    /// Once the database is open: nobody else writes meanwhile. A disk too full for it has a log that grows.
    static func extend(_ database: String, _ pool: DatabasePool) throws {
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(pages)")
            do throws(Errno) {
                let file = try File.open(path(database), .write)
                let present = try File.seek(file.raw, 0, .end)
                guard present < size else { return }
                let zeros = [UInt8](repeating: 0, count: Int(size - present))
                try zeros.span.withUnsafeBytes { (bytes) throws(Errno) in
                    try File.write(file.raw, bytes, at: present)
                }
                try File.startWriteback(file.raw, from: present, count: size - present)
            } catch {}
        }
    }
}
