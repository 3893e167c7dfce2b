import GantrySystem
import GantryWire

/// A JSON object a line, as Docker's json-file driver writes them, in files that are rotated as Docker's are.
///
/// Entries of one read are written by one write(2). When the disk is full, entries are dropped and counted: a container
/// must not stop because of its log.
final class JSONFileLog: LogDriver {
    private let target: LogTarget
    private var file: OwnedDescriptor
    private var size: Int64
    private var clock = LogClock()
    private var pending = [UInt8]()
    private var entries: Int64 = 0
    private(set) var dropped: Int64 = 0

    init(_ target: LogTarget) throws(Errno) {
        self.target = target
        file = try Self.open(target.path)
        size = try FileStatus.of(descriptor: file.raw).size
    }

    private static func open(_ path: String) throws(Errno) -> OwnedDescriptor {
        try File.open(path, [.write, .create, .append], mode: 0o640)
    }

    func take(_ line: [UInt8], stderr: Bool, time: Int64) {
        pending.append(static: #"{"log":"#)
        // Bytes that are no UTF-8 become U+FFFD, as in Docker's logs: JSON has no other place for them.
        pending.append(quoted: String(decoding: line, as: UTF8.self))
        pending.append(static: #","stream":""#)
        pending.append(static: stderr ? "stderr" : "stdout")
        pending.append(static: #"","time":""#)
        clock.append(time, to: &pending)
        pending.append(static: "\"}\n")
        entries += 1
    }

    func flush() {
        if pending.isEmpty { return }
        if target.maxSize > 0, size > 0, size + Int64(pending.count) > target.maxSize { rotate() }
        do throws(Errno) {
            try File.write(file.raw, pending)
            size += Int64(pending.count)
        } catch {
            dropped += entries
            // A torn line would hide the next one from every reader; end it if the disk lets us.
            try? File.write(file.raw, [UInt8(ascii: "\n")])
            size = (try? FileStatus.of(descriptor: file.raw).size) ?? size
        }
        entries = 0
        pending.removeAll(keepingCapacity: true)
        if pending.capacity > 1 << 20 { pending = [] }
    }

    func finish() { flush() }

    /// Makes room for a new file. Readers rely on the order: the old one has its new name before a new one has the old.
    ///
    /// When a name cannot be changed or no file be made, the old one grows on: nothing is lost for tidiness.
    private func rotate() {
        do throws(Errno) {
            if target.maxFiles <= 1 {
                try Path.unlink(target.path)
            } else {
                for number in stride(from: target.maxFiles - 1, to: 1, by: -1) {
                    try? Path.rename("\(target.path).\(number - 1)", to: "\(target.path).\(number)")
                }
                try Path.rename(target.path, to: target.path + ".1")
            }
            file = try Self.open(target.path)
            size = 0
        } catch {
            // The next flush tries again.
            return
        }
    }
}
