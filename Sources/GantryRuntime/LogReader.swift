import GantryCore
package import GantryModel
import GantrySystem
import GantryWire

/// Reads a container's json-file log: the last lines, and what comes after them.
///
/// Works from the file alone, without the shim. Following costs one inotify wake-up for each burst of output. What is
/// not asked for is not read: beginning somewhere else than at the start costs a search (see `LogSearch`), and reading
/// stops at the first entry that is too late.
package struct LogReader {
    package struct Options: Sendable {
        package var stdout = true
        package var stderr = true
        /// Entries from the end of what `since` and `until` leave; nil is all.
        package var tail: Int?
        /// Nothing earlier.
        package var since: Timestamp?
        /// Nothing later; following ends when this moment is over.
        package var until: Timestamp?
        package var follow = false
        package var timestamps = false
        /// Whose log it is, when the reader wants to be told where it has come to.
        package var positions: ContainerID?
        /// Where to begin; `tail` does not count then.
        package var position: LogPosition?
        package init() {}
    }

    private let path: String
    /// The log when it is open already: its name may be gone.
    private let files: LogFiles?
    private let options: Options
    /// Whether more can come: asked again after the end of the file is reached.
    private let isLive: () -> Bool
    /// Whether the reader has gone.
    private let isCancelled: () -> Bool

    package init(
        path: String, files: LogFiles? = nil, options: Options, isLive: @escaping () -> Bool,
        isCancelled: @escaping () -> Bool
    ) {
        self.path = path
        self.files = files
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
        var files = try self.files ?? LogFiles(path)
        var offset = try start(&files)
        if let container = options.positions { try send(position(container, offset, &files)) }
        var partial = [UInt8]()
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            // Asked before the last read: what was written until then is in the file.
            let live = isLive()
            repeat {
                while case let count = try Self.read(files, &chunk, at: offset), count > 0 {
                    offset += Int64(count)
                    guard try emit(chunk[0..<count], &partial, end: offset, &files, send), !isCancelled() else {
                        return
                    }
                }
            } while try self.files == nil && files.refresh()
            files.forget(before: offset)
            guard options.follow, live, !isCancelled(), !isOver else { return }
            // The time-out is for the container's end, which writes nothing.
            if try PollSet.wait(watch.raw, .readable, milliseconds: 200) { watch.drain() }
        }
    }

    /// Whether nothing that is asked for can come any more.
    private var isOver: Bool { options.until.map { $0.nanoseconds < Clock.realtime } ?? false }

    /// Where to begin. A log that is not there yet begins at its beginning: all that it will hold is new.
    private func start(_ files: inout LogFiles) throws -> Int64 {
        guard let wanted = options.position else { return try place(files) }
        return try files.place(first: wanted.first, offset: wanted.offset)
    }

    /// The offset at which the first entry that is asked for begins.
    private func place(_ files: LogFiles) throws(Errno) -> Int64 {
        if options.since == nil && options.tail == nil { return 0 }
        var search = LogSearch(files)
        let start = if let since = options.since { try search.first(from: since) } else { Int64(0) }
        guard let tail = options.tail else { return start }
        let end =
            if let until = options.until, until.nanoseconds < .max {
                try search.first(from: Timestamp(nanoseconds: until.nanoseconds + 1))
            } else {
                files.end
            }
        return try search.last(tail, from: start, to: max(start, end))
    }

    private func position(_ container: ContainerID, _ offset: Int64, _ files: inout LogFiles) -> [UInt8] {
        var frame = [UInt8]()
        let place = files.position(offset)
        let text = LogPosition(container: container, first: place.first, offset: place.offset).text
        StdioFrame(.position, Array(text.utf8)).encode(into: &frame)
        return frame
    }

    /// One read of one file.
    private static func read(_ files: LogFiles, _ chunk: inout [UInt8], at offset: Int64) throws(Errno) -> Int {
        var failure: Errno?
        let count = chunk.withUnsafeMutableBytes { buffer -> Int in
            do throws(Errno) {
                return try files.read(into: buffer, at: offset)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return count
    }

    /// Sends the entries that are whole by now; `end` is the offset behind `bytes`. False once one is later than what is
    /// asked for.
    private func emit(
        _ bytes: ArraySlice<UInt8>, _ partial: inout [UInt8], end: Int64, _ files: inout LogFiles,
        _ send: ([UInt8]) throws -> Void
    ) throws -> Bool {
        var output = [UInt8]()
        var rest = bytes
        var goesOn = true
        while goesOn, let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = partial + rest[..<newline]
            partial.removeAll(keepingCapacity: true)
            rest = rest[(newline + 1)...]
            goesOn = encode(line, into: &output)
        }
        partial.append(contentsOf: rest)
        if output.isEmpty { return goesOn }
        if let container = options.positions { output += position(container, end - Int64(partial.count), &files) }
        try send(output)
        return goesOn
    }

    /// One entry as a stdio frame; a line that is no entry (torn by a full disk) is passed over. False when it, and so
    /// what follows, is too late.
    private func encode(_ line: [UInt8], into output: inout [UInt8]) -> Bool {
        if options.since != nil || options.until != nil, let time = LogSearch.time(of: line) {
            if let until = options.until, time > until { return false }
            if let since = options.since, time < since { return true }
        }
        guard let entry = try? JSON.parse(line), let text = entry["log"]?.string else { return true }
        let isError = entry["stream"]?.string == "stderr"
        guard isError ? options.stderr : options.stdout else { return true }
        let prefix = options.timestamps ? (entry["time"]?.string ?? "") + " " : ""
        var bytes = Array(prefix.utf8)
        bytes.append(contentsOf: text.utf8)
        StdioFrame(isError ? .stderr : .stdout, bytes).encode(into: &output)
        return true
    }
}
