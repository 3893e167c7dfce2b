import GantryCore
package import GantryModel
package import GantrySystem
import GantryWire

/// Reads a container's json-file log: the last lines, and what comes after them.
///
/// Works from the file alone, without the shim. Following costs one inotify wake-up for each burst of output.
package struct LogReader {
    package struct Options: Sendable {
        package var stdout = true
        package var stderr = true
        /// Lines from the end; nil is all.
        package var tail: Int?
        package var follow = false
        package var timestamps = false
        /// Whose log it is, when the reader wants to be told where it has come to.
        package var positions: ContainerID?
        /// Where to begin, in bytes; `tail` does not count then.
        package var offset: Int64?
        package init() {}
    }

    private let path: String
    /// The log when it is open already: its name may be gone.
    private let file: SharedDescriptor?
    private let options: Options
    /// Whether more can come: asked again after the end of the file is reached.
    private let isLive: () -> Bool
    /// Whether the reader has gone.
    private let isCancelled: () -> Bool

    package init(
        path: String, file: SharedDescriptor? = nil, options: Options, isLive: @escaping () -> Bool,
        isCancelled: @escaping () -> Bool
    ) {
        self.path = path
        self.file = file
        self.options = options
        self.isLive = isLive
        self.isCancelled = isCancelled
    }

    /// Calls `send` with stdio frames until the log ends (or, following, until the container has ended and every line
    /// of it is sent). A log that does not exist is empty.
    ///
    /// With `positions`, a `position` frame says first where the reading begins, and then behind each run of frames how
    /// far these have come, in the same `send`.
    /// - Throws: `.failedPrecondition` when the log is shorter than the position to begin at.
    package func read(_ send: ([UInt8]) throws -> Void) throws {
        let watch = try FileWatch()
        // Before the file is opened: what comes in between is then seen twice rather than missed, and read once.
        if options.follow { _ = try? watch.add(Path.parent(of: path), FileWatch.modified | FileWatch.created) }
        var file = try open()
        var offset = try start(file)
        if let container = options.positions { try send(position(container, offset)) }
        var partial = [UInt8]()
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            // Asked before the last read: what was written until then is in the file.
            let live = isLive()
            if file == nil { file = try open() }
            if let file {
                while case let count = try Self.read(file.raw, &chunk, at: offset), count > 0 {
                    offset += Int64(count)
                    try emit(chunk[0..<count], &partial, end: offset, send)
                    if isCancelled() { return }
                }
            }
            guard options.follow, live, !isCancelled() else { return }
            // The time-out is for the container's end, which writes nothing.
            if try PollSet.wait(watch.raw, .readable, milliseconds: 200) { watch.drain() }
        }
    }

    private func open() throws(Errno) -> SharedDescriptor? {
        if let file { return file }
        do throws(Errno) {
            return SharedDescriptor(try File.open(path))
        } catch {
            if error != .noEntry { throw error }
            return nil
        }
    }

    /// Where to begin. A log that is not there yet begins at its beginning: all that it will hold is new.
    private func start(_ file: SharedDescriptor?) throws -> Int64 {
        guard let wanted = options.offset else {
            guard let file, let tail = options.tail else { return 0 }
            return try Self.offset(file.raw, lines: tail)
        }
        let size = try file.map { file throws(Errno) in try FileStatus.of(descriptor: file.raw).size } ?? 0
        guard wanted <= size else {
            throw GantryError(
                .failedPrecondition, "read log '\(path)': it ends at \(size), before the position \(wanted)")
        }
        return wanted
    }

    private func position(_ container: ContainerID, _ offset: Int64) -> [UInt8] {
        var frame = [UInt8]()
        let text = LogPosition(container: container, offset: offset).text
        StdioFrame(.position, Array(text.utf8)).encode(into: &frame)
        return frame
    }

    /// One pread(2) into the first `limit` bytes of `chunk`.
    private static func read(
        _ fd: Int32, _ chunk: inout [UInt8], limit: Int = .max, at offset: Int64
    ) throws(Errno) -> Int {
        var failure: Errno?
        let count = chunk.withUnsafeMutableBytes { buffer -> Int in
            do throws(Errno) {
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<min(limit, buffer.count)])
                return try File.read(fd, into: part, at: offset)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return count
    }

    /// The offset of the last `lines` lines, found by reading backwards.
    private static func offset(_ fd: Int32, lines: Int) throws(Errno) -> Int64 {
        let size = try FileStatus.of(descriptor: fd).size
        if lines == 0 { return size }
        var end = size
        var seen = 0
        var chunk = [UInt8](repeating: 0, count: 32 << 10)
        while end > 0 {
            let start = max(0, end - Int64(chunk.count))
            let count = try read(fd, &chunk, limit: Int(end - start), at: start)
            for index in stride(from: count - 1, through: 0, by: -1) where chunk[index] == UInt8(ascii: "\n") {
                // The newline at the very end closes the last line.
                if start + Int64(index) == size - 1 { continue }
                seen += 1
                if seen == lines { return start + Int64(index) + 1 }
            }
            end = start
        }
        return 0
    }

    /// Sends the entries that are whole by now; `end` is the offset behind `bytes`.
    private func emit(
        _ bytes: ArraySlice<UInt8>, _ partial: inout [UInt8], end: Int64, _ send: ([UInt8]) throws -> Void
    ) throws {
        var output = [UInt8]()
        var rest = bytes
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = partial + rest[..<newline]
            partial.removeAll(keepingCapacity: true)
            rest = rest[(newline + 1)...]
            encode(line, into: &output)
        }
        partial.append(contentsOf: rest)
        if output.isEmpty { return }
        if let container = options.positions { output += position(container, end - Int64(partial.count)) }
        try send(output)
    }

    /// One entry as a stdio frame; a line that is no entry (torn by a full disk) is passed over.
    private func encode(_ line: [UInt8], into output: inout [UInt8]) {
        guard let entry = try? JSON.parse(line), let text = entry["log"]?.string else { return }
        let isError = entry["stream"]?.string == "stderr"
        guard isError ? options.stderr : options.stdout else { return }
        let prefix = options.timestamps ? (entry["time"]?.string ?? "") + " " : ""
        var bytes = Array(prefix.utf8)
        bytes.append(contentsOf: text.utf8)
        StdioFrame(isError ? .stderr : .stdout, bytes).encode(into: &output)
    }
}
