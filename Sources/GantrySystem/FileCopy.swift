/// Copies the content of one file: by sharing blocks where the file system can, else range by range without the holes.
package struct FileCopy {
    /// Turned off at the first refusal: a file system that cannot share blocks once never can.
    private var sharesBlocks = true
    /// The same of copying within the kernel, which has no way between two kinds of file systems.
    private var copiesRanges = true
    private var buffer: [UInt8] = []

    package init() {}

    /// Copies `size` bytes from the start of `from` into the empty file `to`.
    package mutating func copy(_ from: Int32, _ to: Int32, size: Int64) throws(Errno) {
        if size == 0 { return }
        if sharesBlocks {
            do throws(Errno) {
                return try File.reflink(from: from, to: to)
            } catch {
                guard [.notSupported, .crossDevice, .invalid, .notTerminal].contains(error) else { throw error }
                sharesBlocks = false
            }
        }
        var position: Int64 = 0
        while position < size {
            let start: Int64
            // ENXIO: nothing but a hole up to the end.
            do throws(Errno) { start = try File.seek(from, position, .data) } catch Errno(6) { break }
            let end = try File.seek(from, start, .hole)
            try File.seek(from, start)
            try File.seek(to, start)
            var left = end - start
            while left > 0 {
                let count = try range(from, to, count: Int(min(left, 1 << 30)))
                if count == 0 { break }
                left -= Int64(count)
            }
            position = end
        }
        try File.truncate(to, to: size)
    }

    /// From both offsets on; the bytes copied, 0 at the end.
    private mutating func range(_ from: Int32, _ to: Int32, count: Int) throws(Errno) -> Int {
        if copiesRanges {
            do throws(Errno) {
                return try File.copyRange(from: from, to: to, count: count)
            } catch {
                guard [.crossDevice, .notSupported, .unknownCall].contains(error) else { throw error }
                copiesRanges = false
            }
        }
        if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: 1 << 18) }
        if count < buffer.count { buffer.removeLast(buffer.count - count) }
        let read = try File.readChunk(from, &buffer)
        try File.write(to, Array(buffer[0..<read]))
        return read
    }
}
