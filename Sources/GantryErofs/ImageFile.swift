import GantrySystem

/// The file under the image: mostly appended to, a megabyte at a time. What is skipped stays a hole.
struct ImageFile {
    private let file: SharedDescriptor
    private var buffer: [UInt8] = []
    /// Where the buffer's bytes go.
    private var start: Int64 = 0
    /// Up to here the kernel was told to write back.
    private var flushed: Int64 = 0

    private static let capacity = 1 << 20
    /// The kernel is told to write back after so many bytes: a disk that waits for all of them at the end keeps others
    /// waiting too.
    private static let flushStep: Int64 = 8 << 20
    /// A gap of up to so many bytes is filled with zeros rather than written around.
    private static let smallGap: Int64 = 16 << 10

    init(_ file: SharedDescriptor) {
        self.file = file
        buffer.reserveCapacity(Self.capacity)
    }

    mutating func put(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(Errno) {
        let gap = offset - (start + Int64(buffer.count))
        if gap >= 0, gap <= Self.smallGap, buffer.count + Int(gap) + bytes.count <= Self.capacity {
            if gap > 0 { buffer.append(contentsOf: repeatElement(0, count: Int(gap))) }
            buffer.append(contentsOf: bytes)
            return
        }
        try flush()
        start = offset
        if bytes.count >= Self.capacity / 4 {
            try File.write(file.raw, bytes, at: offset)
            start += Int64(bytes.count)
            startWriteback()
        } else {
            buffer.append(contentsOf: bytes)
        }
    }

    mutating func put(_ bytes: [UInt8], at offset: Int64) throws(Errno) {
        try bytes.span.withUnsafeBytes { (bytes) throws(Errno) in try put(bytes, at: offset) }
    }

    mutating func flush() throws(Errno) {
        if buffer.isEmpty { return }
        try buffer.span.withUnsafeBytes { (bytes) throws(Errno) in try File.write(file.raw, bytes, at: start) }
        start += Int64(buffer.count)
        buffer.removeAll(keepingCapacity: true)
        startWriteback()
    }

    private mutating func startWriteback() {
        guard start - flushed >= Self.flushStep else { return }
        try? File.startWriteback(file.raw, from: flushed, count: start - flushed)
        flushed = start
    }

    /// Writes what is buffered, and makes the file `length` bytes long.
    mutating func finish(length: Int64) throws(Errno) {
        try flush()
        try File.truncate(file.raw, to: length)
    }
}
