import GantrySystem
import GantryWire

/// The container's log: a JSON object a line, as Docker's json-file driver writes them.
///
/// A line of output becomes an entry when its newline arrives, when it outgrows 16 KiB (the entry then has no newline
/// and the next one goes on), or at the end. Entries of one read are written by one write(2). When the disk is full,
/// entries are dropped and counted: a container must not stop because of its log.
struct LogWriter: ~Copyable {
    private let file: OwnedDescriptor
    private var stdout = [UInt8]()
    private var stderr = [UInt8]()
    private var clock = LogClock()
    private var pending = [UInt8]()
    private(set) var dropped: Int64 = 0

    private static let longestEntry = 16 << 10

    init(path: String) throws(Errno) {
        file = try File.open(path, [.write, .create, .append], mode: 0o640)
    }

    mutating func append(_ buffer: UnsafeRawBufferPointer, stderr isError: Bool) {
        var rest = buffer[...]
        while !rest.isEmpty {
            let newline = rest.firstIndex(of: UInt8(ascii: "\n"))
            let held = isError ? stderr.count : stdout.count
            let room = Self.longestEntry - held
            let wanted = newline.map { $0 - rest.startIndex + 1 } ?? rest.count
            let part = rest.prefix(min(wanted, room))
            rest = rest.dropFirst(part.count)
            let complete = part.last == UInt8(ascii: "\n") || held + part.count == Self.longestEntry
            if isError {
                stderr.append(contentsOf: part)
                if complete { Self.entry(&stderr, &clock, &pending, stream: "stderr") }
            } else {
                stdout.append(contentsOf: part)
                if complete { Self.entry(&stdout, &clock, &pending, stream: "stdout") }
            }
        }
        flush()
    }

    /// Writes what stands in unfinished lines; called once, at the end.
    mutating func finish() {
        if !stdout.isEmpty { Self.entry(&stdout, &clock, &pending, stream: "stdout") }
        if !stderr.isEmpty { Self.entry(&stderr, &clock, &pending, stream: "stderr") }
        flush()
    }

    private static func entry(
        _ bytes: inout [UInt8], _ clock: inout LogClock, _ pending: inout [UInt8], stream: StaticString
    ) {
        pending.append(static: #"{"log":"#)
        // Bytes that are no UTF-8 become U+FFFD, as in Docker's logs: JSON has no other place for them.
        pending.append(quoted: String(decoding: bytes, as: UTF8.self))
        pending.append(static: #","stream":""#)
        pending.append(static: stream)
        pending.append(static: #"","time":""#)
        clock.append(Clock.realtime, to: &pending)
        pending.append(static: "\"}\n")
        bytes.removeAll(keepingCapacity: true)
    }

    private mutating func flush() {
        if pending.isEmpty { return }
        do throws(Errno) {
            try File.write(file.raw, pending)
        } catch {
            dropped += Int64(pending.count { $0 == UInt8(ascii: "\n") })
            // A torn line would hide the next one from every reader; end it if the disk lets us.
            try? File.write(file.raw, [UInt8(ascii: "\n")])
        }
        pending.removeAll(keepingCapacity: true)
        if pending.capacity > 1 << 20 { pending = [] }
    }
}
