import GantrySystem

/// What the kernel has said, as far as its ring buffer still holds it.
///
/// Source: Documentation/ABI/testing/dev-kmsg.
package enum KernelLog {
    /// A process that the kernel killed because of its system call filter: an audit record of type 1326 (SECCOMP).
    package struct FilterKill: Sendable, Equatable {
        /// In the machine's namespace.
        package var pid: Int32
        package var command: String
        package var number: UInt32
        /// AUDIT_ARCH_….
        package var architecture: UInt32
        /// Nanoseconds since 1970.
        package var time: Int64
    }

    /// All of them, the oldest first; none when the log cannot be read. Cost: a read(2) for each record, 1 ms for a thousand.
    package static func filterKills() -> [FilterKill] {
        guard let log = try? File.open("/dev/kmsg", [.read, .nonblocking]) else { return [] }
        var found: [FilterKill] = []
        var record = [UInt8](repeating: 0, count: 8192)
        while true {
            do throws(Errno) {
                let count = try File.readChunk(log.raw, &record)
                if count == 0 { return found }
                if let kill = parse(String(decoding: record[..<count], as: UTF8.self)) { found.append(kill) }
            } catch {
                // EPIPE: what came next was overwritten meanwhile, and the reader now stands behind it.
                if error != .brokenPipe { return found }
            }
        }
    }

    /// Reads `audit: type=1326 audit(1795648658.861:2): … pid=8591 comm="chmod" … arch=c000003e syscall=90 …`.
    static func parse(_ record: String) -> FilterKill? {
        let words = record.prefix { $0 != "\n" }.split(separator: " ")
        guard words.contains("type=1326"), words.contains("sig=31"),
            let stamp = words.first(where: { $0.hasPrefix("audit(") })
        else { return nil }
        func value(_ key: String) -> String? {
            words.first { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.utf8.count + 1)) }
        }
        let moment = stamp.dropFirst(6).prefix { $0 != ":" }.split(separator: ".")
        guard moment.count == 2, let seconds = Int64(moment[0]), let milliseconds = Int64(moment[1]),
            let pid = value("pid").flatMap({ Int32($0) }), let number = value("syscall").flatMap({ UInt32($0) }),
            let architecture = value("arch").flatMap({ UInt32($0, radix: 16) })
        else { return nil }
        let command = value("comm") ?? ""
        return FilterKill(
            pid: pid, command: command.hasPrefix("\"") ? String(command.dropFirst().dropLast()) : unhexed(command),
            number: number, architecture: architecture, time: (seconds * 1000 + milliseconds) * 1_000_000)
    }

    /// A name with blanks or quotes is written in hexadecimal digits.
    private static func unhexed(_ text: String) -> String {
        let digits = Array(text.utf8)
        var bytes: [UInt8] = []
        for at in stride(from: 0, to: digits.count - digits.count % 2, by: 2) {
            guard let byte = UInt8(String(decoding: digits[at...at + 1], as: UTF8.self), radix: 16) else { return text }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
