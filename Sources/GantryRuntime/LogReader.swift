import GantryCore
import GantryModel
import GantrySystem
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
        package init() {}
    }

    private let path: String
    private let options: Options
    /// Whether more can come: asked again after the end of the file is reached.
    private let isLive: () -> Bool
    /// Whether the reader has gone.
    private let isCancelled: () -> Bool

    package init(
        path: String, options: Options, isLive: @escaping () -> Bool, isCancelled: @escaping () -> Bool
    ) {
        self.path = path
        self.options = options
        self.isLive = isLive
        self.isCancelled = isCancelled
    }

    /// Calls `send` with stdio frames until the log ends (or, following, until the container has ended and every line
    /// of it is sent). A log that does not exist is empty.
    package func read(_ send: ([UInt8]) throws -> Void) throws {
        let watch = try FileWatch()
        // Before the file is opened: what comes in between is then seen twice rather than missed, and read once.
        if options.follow { _ = try? watch.add(Path.parent(of: path), FileWatch.modified | FileWatch.created) }
        var file: SharedDescriptor?
        var partial = [UInt8]()
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            // Asked before the last read: what was written until then is in the file.
            let live = isLive()
            if file == nil, let opened = try? File.open(path) {
                if let tail = options.tail { try seek(opened.raw, lines: tail) }
                file = SharedDescriptor(opened)
            }
            if let file {
                while case let count = try File.readChunk(file.raw, &chunk), count > 0 {
                    try emit(chunk[0..<count], &partial, send)
                    if isCancelled() { return }
                }
            }
            guard options.follow, live, !isCancelled() else { return }
            // The time-out is for the container's end, which writes nothing.
            if try PollSet.wait(watch.raw, .readable, milliseconds: 200) { watch.drain() }
        }
    }

    /// Places the offset at the start of the last `lines` lines, reading backwards.
    private func seek(_ fd: Int32, lines: Int) throws(Errno) {
        let size = try FileStatus.of(descriptor: fd).size
        var end = size
        var seen = 0
        var chunk = [UInt8](repeating: 0, count: 32 << 10)
        while end > 0 {
            let start = max(0, end - Int64(chunk.count))
            let wanted = Int(end - start)
            var failure: Errno?
            let count = chunk.withUnsafeMutableBytes { buffer -> Int in
                do throws(Errno) {
                    return try File.read(
                        fd, into: UnsafeMutableRawBufferPointer(rebasing: buffer[0..<wanted]), at: start)
                } catch {
                    failure = error
                    return 0
                }
            }
            if let failure { throw failure }
            for index in stride(from: count - 1, through: 0, by: -1) where chunk[index] == UInt8(ascii: "\n") {
                // The newline at the very end closes the last line.
                if start + Int64(index) == size - 1, lines > 0 { continue }
                seen += 1
                if seen == max(lines, 1) {
                    _ = try File.seek(fd, start + Int64(index) + 1)
                    return
                }
            }
            end = start
        }
        try File.seek(fd, lines == 0 ? size : 0)
    }

    private func emit(_ bytes: ArraySlice<UInt8>, _ partial: inout [UInt8], _ send: ([UInt8]) throws -> Void) throws {
        var output = [UInt8]()
        var rest = bytes
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = partial + rest[..<newline]
            partial.removeAll(keepingCapacity: true)
            rest = rest[(newline + 1)...]
            encode(line, into: &output)
        }
        partial.append(contentsOf: rest)
        if !output.isEmpty { try send(output) }
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
