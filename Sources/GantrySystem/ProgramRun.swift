/// A helper program that was run to its end, and what it wrote.
package struct ProgramRun: Sendable {
    package var status: ExitStatus
    package var output: [UInt8]
    package var errors: [UInt8]

    /// Runs a program and waits for its end; `spawn`'s streams are replaced.
    ///
    /// What it writes beyond `limit` bytes a stream is lost. What its own children still write after its end is too.
    /// - Parameter milliseconds: after so long it is killed.
    /// - Throws: the errno of the start; `.timedOut`.
    package static func run(
        _ spawn: Spawn, milliseconds: Int64, limit: Int = 4 << 20
    ) throws(Errno) -> ProgramRun {
        let (outputEnd, outputWrite) = try File.pipe(nonblocking: true).split()
        let (errorEnd, errorWrite) = try File.pipe(nonblocking: true).split()
        let outputs = OwnedDescriptor(outputEnd)
        let errors = OwnedDescriptor(errorEnd)
        var spawn = spawn
        let child: Child
        do {
            let outputWrite = OwnedDescriptor(outputWrite)
            let errorWrite = OwnedDescriptor(errorWrite)
            spawn.descriptors = [-1, outputWrite.raw, errorWrite.raw]
            child = try spawn.start()
        }
        var result = ProgramRun(status: .exited(0), output: [], errors: [])
        let deadline = Clock.monotonic + milliseconds * 1_000_000
        var hasEnded = false
        while !hasEnded {
            var set = PollSet()
            set.add(child.descriptor.raw, .readable)
            set.add(outputs.raw, .readable)
            set.add(errors.raw, .readable)
            let left = (deadline - Clock.monotonic) / 1_000_000
            if left > 0 { _ = try set.wait(milliseconds: Int32(clamping: left)) }
            hasEnded = !set[0].isEmpty
            drain(outputs.raw, into: &result.output, limit)
            drain(errors.raw, into: &result.errors, limit)
            if !hasEnded, left <= 0 {
                try? Processes.signal(pidfd: child.descriptor.raw, Signals.kill)
                _ = try child.wait()
                throw .timedOut
            }
            // A stream that was closed early is always readable; the end alone is waited for then.
            if !hasEnded, set[1].contains(.hungUp) || set[2].contains(.hungUp) { Clock.sleep(milliseconds: 1) }
        }
        result.status = try child.wait()
        return result
    }

    private static func drain(_ fd: Int32, into bytes: inout [UInt8], _ limit: Int) {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while let count = try? File.readChunk(fd, &chunk), count > 0 {
            bytes.append(contentsOf: chunk[..<min(count, max(0, limit - bytes.count))])
        }
    }
}
