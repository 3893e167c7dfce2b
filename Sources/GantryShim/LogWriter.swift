import GantrySystem
import GantryWire

/// Makes entries of what a container writes.
///
/// A line of output becomes an entry when its newline arrives, when it outgrows 16 KiB (the entry then has no newline
/// and the next one goes on), or at the end.
struct LogWriter: ~Copyable {
    private let driver: any LogDriver
    private var stdout = [UInt8]()
    private var stderr = [UInt8]()

    /// Entries that were lost.
    var dropped: Int64 { driver.dropped }

    private static let longestEntry = 16 << 10

    /// Nil for a log that goes nowhere.
    static func open(_ target: LogTarget) throws(Errno) -> LogWriter? {
        let driver: any LogDriver
        switch target.driver {
        case .none: return nil
        case .jsonFile: driver = try JSONFileLog(target)
        case .journald: driver = JournalLog(target)
        }
        return LogWriter(target.bufferSize > 0 ? try BufferedLog(driver, limit: target.bufferSize) : driver)
    }

    init(_ driver: any LogDriver) { self.driver = driver }

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
                if complete { Self.entry(&stderr, driver, stderr: true) }
            } else {
                stdout.append(contentsOf: part)
                if complete { Self.entry(&stdout, driver, stderr: false) }
            }
        }
        driver.flush()
    }

    /// Writes what stands in unfinished lines; called once, at the end.
    mutating func finish() {
        if !stdout.isEmpty { Self.entry(&stdout, driver, stderr: false) }
        if !stderr.isEmpty { Self.entry(&stderr, driver, stderr: true) }
        driver.flush()
        driver.finish()
    }

    private static func entry(_ bytes: inout [UInt8], _ driver: any LogDriver, stderr isError: Bool) {
        driver.take(bytes, stderr: isError, time: Clock.realtime)
        bytes.removeAll(keepingCapacity: true)
    }
}
