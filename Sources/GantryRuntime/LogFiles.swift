import GantryModel
package import GantrySystem
import GantryWire

/// A container's log as one row of bytes, though it lies in several files that are rotated under the reader.
///
/// Places are counted in bytes from the beginning of the oldest file that was there when this was made. The files are
/// held open, so that one which is renamed or removed meanwhile is still read to its end; entries do not span files.
///
/// The writer renames `LOG` to `LOG.1` (and that to `LOG.2`, …) before it makes a new `LOG`.
package struct LogFiles: Sendable {
    private struct Part: Sendable {
        var file: SharedDescriptor
        var device: UInt64
        var inode: UInt64
        /// Where it begins in the row.
        var start: Int64
        /// Its length, once nothing is written to it any more.
        var final: Int64?
        /// The time of its first entry, by which it is known again; nil until it was asked for.
        var first: Int64?

        func isSame(_ other: Part) -> Bool { device == other.device && inode == other.inode }
    }

    private let path: String
    private var parts: [Part] = []
    /// More than `max-file` can ask for.
    private static let mostFiles = 64

    /// A log that does not exist yet is empty.
    package init(_ path: String) throws(Errno) {
        self.path = path
        parts = try Self.scan(path)
        chain(from: 0)
    }

    /// Opens the files from the newest to the oldest; what is renamed meanwhile is met twice rather than missed.
    private static func scan(_ path: String) throws(Errno) -> [Part] {
        for _ in 0..<16 {
            var found = [Part]()
            for number in 0..<mostFiles {
                guard let part = try open(number == 0 ? path : "\(path).\(number)") else {
                    // Between the two renames of a rotation there is no newest one.
                    if number == 0 { continue }
                    break
                }
                if !found.contains(where: part.isSame) { found.append(part) }
            }
            let newest = try open(path)
            if newest == nil && found.isEmpty || newest.map({ found.first?.isSame($0) ?? false }) ?? true {
                return found.reversed()
            }
        }
        return []
    }

    private static func open(_ path: String) throws(Errno) -> Part? {
        do throws(Errno) {
            let file = SharedDescriptor(try File.open(path))
            let status = try FileStatus.of(descriptor: file.raw)
            return Part(file: file, device: status.device, inode: status.inode, start: 0)
        } catch {
            if error == .noEntry { return nil }
            throw error
        }
    }

    /// Gives each file from `index` on its place behind the one before. All but the last are as long as they will be.
    private mutating func chain(from index: Int) {
        for index in index..<max(index, parts.count) {
            if index > 0 {
                let before = parts[index - 1].final ?? length(of: parts[index - 1])
                parts[index - 1].final = before
                parts[index].start = parts[index - 1].start + before
            }
        }
    }

    /// Lets go of files that end before a place: held open, what was removed would still fill the disk.
    mutating func forget(before place: Int64) {
        parts.removeAll { part in part.final.map { part.start + $0 < place } ?? false }
    }

    private func length(of part: Part) -> Int64 { (try? FileStatus.of(descriptor: part.file.raw).size) ?? 0 }

    /// Where the row ends now.
    package var end: Int64 { parts.last.map { $0.start + ($0.final ?? length(of: $0)) } ?? 0 }

    /// Takes up files that have been begun since. False when there are none.
    package mutating func refresh() throws(Errno) -> Bool {
        guard let last = parts.last else {
            parts = try Self.scan(path)
            chain(from: 0)
            return !parts.isEmpty
        }
        guard let newest = try? FileStatus.of(path), newest.inode != last.inode || newest.device != last.device else {
            return false
        }
        let found = try Self.scan(path)
        // Ours may have been removed by now; then what lies in between is gone.
        let next = found.firstIndex(where: last.isSame).map { $0 + 1 } ?? 0
        let fresh = found[next...]
        if fresh.isEmpty { return false }
        let count = parts.count
        parts += fresh
        chain(from: count)
        return true
    }

    /// Reads what lies at a place, of one file: at its end less than there is room for. 0 at the end of the row.
    func read(into buffer: UnsafeMutableRawBufferPointer, at place: Int64) throws(Errno) -> Int {
        guard let part = parts.last(where: { $0.start <= place }) else { return 0 }
        let count = try File.read(part.file.raw, into: buffer, at: place - part.start)
        if count > 0 || part.final == nil { return count }
        // The end of a file with others behind it.
        guard let next = parts.first(where: { $0.start >= place && !$0.isSame(part) && $0.start > part.start }) else {
            return 0
        }
        return try File.read(next.file.raw, into: buffer, at: place - next.start)
    }

    /// The file that ends or contains the place, by the time of its first entry, and the bytes of it before the place.
    mutating func position(_ place: Int64) -> (first: Int64, offset: Int64) {
        guard let index = parts.lastIndex(where: { $0.start < place }) ?? (parts.isEmpty ? nil : 0) else {
            return (0, 0)
        }
        return (first(index), place - parts[index].start)
    }

    /// The place of a position. A file that is gone is begun behind: at the oldest there is.
    /// - Throws: `.failedPrecondition` when the file is shorter than that.
    mutating func place(first: Int64, offset: Int64) throws(GantryError) -> Int64 {
        for index in parts.indices where self.first(index) == first {
            let part = parts[index]
            let length = part.final ?? length(of: part)
            guard offset <= length else {
                throw GantryError(
                    .failedPrecondition, "read log '\(path)': it ends at \(length), before the position \(offset)")
            }
            return part.start + offset
        }
        return 0
    }

    /// Nanoseconds since 1970; 0 when it has no entry yet.
    private mutating func first(_ index: Int) -> Int64 {
        if let known = parts[index].first { return known }
        var line = [UInt8]()
        var chunk = [UInt8](repeating: 0, count: 4096)
        var offset: Int64 = 0
        while line.count < 1 << 20 {
            let fd = parts[index].file.raw
            let count = chunk.withUnsafeMutableBytes { (try? File.read(fd, into: $0, at: offset)) ?? 0 }
            if count == 0 { return 0 }
            line += chunk[..<count]
            offset += Int64(count)
            guard let newline = line.firstIndex(of: UInt8(ascii: "\n")) else { continue }
            if let time = LogSearch.time(of: Array(line[..<newline])) {
                parts[index].first = time.nanoseconds
                return time.nanoseconds
            }
            // A line that was torn by a full disk.
            line.removeSubrange(...newline)
        }
        return 0
    }
}
