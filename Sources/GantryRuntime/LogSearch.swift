import GantryModel
import GantrySystem
import GantryWire

/// Finds places in a json-file log, of several files or one, without reading all of it.
///
/// Entries are written in the order of their times, so a moment is found by halving: a search reads 32 KiB (more where
/// lines are longer) for each halving of the file down to 16 KiB, which is about 0.5 MiB for a log of a gigabyte. Where
/// the machine's clock was set back in between, entries around that place may be missed or seen besides; the reader
/// checks each again.
struct LogSearch {
    let files: LogFiles
    /// What was read so far, in bytes.
    private(set) var cost = 0
    private var buffer = [UInt8](repeating: 0, count: 16 << 10)

    init(_ files: LogFiles) { self.files = files }

    /// The offset of the first entry of `moment` or later; the size of the file when there is none.
    mutating func first(from moment: Timestamp) throws(Errno) -> Int64 {
        var low: Int64 = 0
        let size = files.end
        var high = size
        var answer = size
        // Every entry that begins before `low` is earlier; the first that begins at `high` or behind is `answer`.
        while high - low > Int64(buffer.count) {
            let middle = low + (high - low) / 2
            guard let entry = try entry(after: middle, before: high) else {
                high = middle
                continue
            }
            if entry.time < moment {
                low = entry.end
            } else {
                answer = entry.start
                high = middle
            }
        }
        var place = low
        while place < min(answer, size), let (line, end) = try line(at: place) {
            if let time = Self.time(of: line), time >= moment { return place }
            place = end
        }
        return answer
    }

    /// The offset of the last `count` lines of what lies between two offsets that begin lines. Cost: what those lines
    /// take, read backwards.
    mutating func last(_ count: Int, from start: Int64, to end: Int64) throws(Errno) -> Int64 {
        if count == 0 { return end }
        var place = end
        var seen = 0
        while place > start {
            let from = max(start, place - Int64(buffer.count))
            let read = try fill(at: from, most: Int(place - from))
            for index in stride(from: read - 1, through: 0, by: -1) where buffer[index] == UInt8(ascii: "\n") {
                // The newline at the very end closes the last line.
                if from + Int64(index) == end - 1 { continue }
                seen += 1
                if seen == count { return from + Int64(index) + 1 }
            }
            place = from
        }
        return start
    }

    /// The first whole entry that begins behind a newline at `offset` or later, and before `limit`.
    private mutating func entry(
        after offset: Int64, before limit: Int64
    ) throws(Errno) -> (start: Int64, end: Int64, time: Timestamp)? {
        guard var (_, place) = try line(at: offset) else { return nil }
        while place < limit, let (line, end) = try line(at: place) {
            if let time = Self.time(of: line) { return (place, end, time) }
            // A line that was torn by a full disk.
            place = end
        }
        return nil
    }

    /// The bytes from `offset` up to the next newline, and the offset behind it; nil when there is no newline.
    private mutating func line(at offset: Int64) throws(Errno) -> (bytes: [UInt8], end: Int64)? {
        var bytes = [UInt8]()
        var place = offset
        while true {
            let count = try fill(at: place, most: buffer.count)
            if count == 0 { return nil }
            if let newline = buffer[0..<count].firstIndex(of: UInt8(ascii: "\n")) {
                bytes += buffer[0..<newline]
                return (bytes, place + Int64(newline) + 1)
            }
            bytes += buffer[0..<count]
            place += Int64(count)
        }
    }

    /// Reads until there are as many bytes, or no more: one read ends with its file.
    private mutating func fill(at offset: Int64, most: Int) throws(Errno) -> Int {
        var failure: Errno?
        let files = self.files
        let count = buffer.withUnsafeMutableBytes { whole -> Int in
            var filled = 0
            do throws(Errno) {
                while filled < most {
                    let part = UnsafeMutableRawBufferPointer(rebasing: whole[filled..<most])
                    let count = try files.read(into: part, at: offset + Int64(filled))
                    if count == 0 { break }
                    filled += count
                }
            } catch {
                failure = error
            }
            return filled
        }
        if let failure { throw failure }
        cost += count
        return count
    }

    /// The time of an entry, which is its last member; nil for what is no entry.
    static func time(of line: [UInt8]) -> Timestamp? {
        guard line.suffix(2).elementsEqual(#""}"#.utf8) else { return nil }
        let body = line.dropLast(2)
        guard let quote = body.lastIndex(of: UInt8(ascii: "\"")),
            body[...quote].suffix(8).elementsEqual(#""time":""#.utf8)
        else { return nil }
        return try? Timestamp(String(decoding: body[(quote + 1)...], as: UTF8.self))
    }
}
