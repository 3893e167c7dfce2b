import GantrySystem
import GantryWire

/// The journal of systemd, by its native protocol: a datagram an entry.
///
/// A journal that is restarted is found again; entries that nobody takes are dropped and counted. While its queue is full
/// the container waits, as with every log, but for no longer than a second an entry.
///
/// Source: systemd, "Native Journal Protocol" (JOURNAL_NATIVE_PROTOCOL.md).
final class JournalLog: LogDriver {
    private var socket: OwnedDescriptor?
    private let head: [UInt8]
    private let path: String
    private var clock = LogClock()
    private(set) var dropped: Int64 = 0

    static let standardPath = "/run/systemd/journal/socket"

    init(_ target: LogTarget, path: String = JournalLog.standardPath) {
        self.path = path
        var head = [UInt8]()
        for (name, value) in target.fields.sorted(by: { $0.key < $1.key }) {
            Self.append(name, Array(value.utf8), to: &head)
        }
        self.head = head
    }

    func take(_ line: [UInt8], stderr: Bool, time: Int64) {
        var message = line
        let isWhole = message.last == UInt8(ascii: "\n")
        if isWhole { message.removeLast() }
        var datagram = head
        // As syslog's "error" and "informational": Docker's driver has the same.
        Self.append("PRIORITY", [UInt8(ascii: stderr ? "3" : "6")], to: &datagram)
        // When it was written; the journal's own time is that of the arrival.
        var stamp = [UInt8]()
        clock.append(time, to: &stamp)
        Self.append("SYSLOG_TIMESTAMP", stamp, to: &datagram)
        if !isWhole { Self.append("CONTAINER_PARTIAL_MESSAGE", Array("true".utf8), to: &datagram) }
        Self.append("MESSAGE", message, to: &datagram)
        if !send(datagram) { dropped += 1 }
    }

    func flush() {}
    func finish() {}

    private func send(_ datagram: [UInt8]) -> Bool {
        for _ in 0..<2 {
            if socket == nil {
                guard let fresh = try? UnixSocket.connectDatagram(path) else { return false }
                try? UnixSocket.setSendTimeout(fresh.raw, milliseconds: 1000)
                socket = consume fresh
            }
            guard let fd = socket?.raw else { return false }
            do throws(Errno) {
                try UnixSocket.send(fd, datagram)
                return true
            } catch {
                // Full for a second: this entry is lost. Anything else: the journal may be another process by now.
                if error == .again { return false }
                socket = nil
            }
        }
        return false
    }

    /// A field in the form that takes any bytes: its name, a line feed, the length in 64 bits, the value, a line feed.
    static func append(_ name: String, _ value: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: "\n"))
        withUnsafeBytes(of: UInt64(value.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: value)
        bytes.append(UInt8(ascii: "\n"))
    }
}
