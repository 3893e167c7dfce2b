import GantrySystem
import GantryWire

/// Starting the container: one call of the runtime that creates and starts, because nothing lies between the two.
extension Shim {
    func start(_ client: ShimClient, _ id: RequestID) {
        guard lifecycle.state == .idle, exit == nil else {
            return answer(client, id, ErrorBody(.failedPrecondition, "start '\(task.id)': it was started before"))
        }
        do throws(Errno) {
            let (opened, ends) = try ContainerIO.open(stdin: task.openStdin)
            io = opened
            if let path = task.log, log == nil { log = try LogWriter(path: path) }
            var spawn = Spawn(
                task.runtime, runtimeArguments(["run", "--detach", "--bundle", task.bundle, "--pid-file", pidFile]))
            spawn.environment = Self.environment
            spawn.descriptors = ends.descriptors
            spawn.directory = task.bundle
            // A runtime that hangs is ended by ending its shim; what it has made is found by the container's cgroup.
            spawn.deathSignal = Signals.kill
            lifecycle.start(runtime: try spawn.start().pid)
            starter = (client, id)
            if inputEndedEarly { io?.endInput() }
        } catch {
            io = nil
            answer(client, id, ErrorBody(.notFound, "start '\(task.runtime)': \(error)"))
        }
    }

    private var pidFile: String { task.directory + "/pid" }
    private var runtimeLog: String { task.directory + "/runtime.log" }
    private static let environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]

    private func runtimeArguments(_ verb: [String]) -> [String] {
        [task.runtime] + task.runtimeOptions + ["--log", runtimeLog, "--log-format", "json"] + verb + [task.id]
    }

    func reapAll() {
        while signals.next() != nil {}
        while let (pid, status) = (try? Processes.reapAny()) ?? nil {
            if pid == runtimeDelete {
                runtimeDeleted = true
                continue
            }
            switch lifecycle.reaped(pid, status) {
            case .runtimeFinished(let status): startFinished(status)
            case .containerEnded(let status): containerEnded(status)
            case .other: break
            }
        }
    }

    private func startFinished(_ status: ExitStatus) {
        let text = (try? File.contents(pidFile)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard status == .exited(0), let pid = Int32(text.filter { $0.isNumber }) else {
            lifecycle.failed()
            let words = runtimeWords(status)
            io = nil
            if let starter {
                answer(
                    starter.client, starter.request,
                    ErrorBody(.failedPrecondition, "start '\(task.id)': \(words)"))
            }
            starter = nil
            return
        }
        let ended = lifecycle.started(pid)
        if let starter { answer(starter.client, starter.request, ["pid": .int(Int64(pid))]) }
        starter = nil
        if let ended { containerEnded(ended) }
    }

    /// The last error in the runtime's log, or else how it ended and what it wrote to its standard error.
    private func runtimeWords(_ status: ExitStatus) -> String {
        let bytes = (try? File.contents(runtimeLog, limit: 1 << 20)) ?? []
        for line in bytes.split(separator: UInt8(ascii: "\n")).reversed() {
            if let entry = try? JSON.parse(Array(line)), let message = entry["msg"]?.string { return message }
        }
        let said = errorOutput()
        let end =
            switch status {
            case .exited(let code): "the runtime '\(task.runtime)' ended with status \(code)"
            case .signalled(let signal, _): "the runtime '\(task.runtime)' was ended by signal \(signal)"
            }
        return said.isEmpty ? "\(end) and no message" : "\(end): \(said)"
    }

    /// What waits in the container's standard error, which was the runtime's until it had a container: a line of at most
    /// a kilobyte.
    private func errorOutput() -> String {
        var words = [UInt8](repeating: 0, count: 1024)
        let count = words.withUnsafeMutableBytes { io?.read(stderr: true, into: $0) ?? 0 }
        let text = words[0..<count].map { $0 < 32 ? UInt8(ascii: " ") : $0 }
        guard let last = text.lastIndex(where: { $0 != UInt8(ascii: " ") }) else { return "" }
        return String(decoding: text[...last], as: UTF8.self)
    }

    /// Removes what the runtime keeps of the container, while the daemon is told of its end.
    func deleteFromRuntime() {
        var spawn = Spawn(task.runtime, runtimeArguments(["delete", "--force"]))
        spawn.environment = Self.environment
        spawn.directory = "/"
        do throws(Errno) {
            runtimeDeleted = false
            runtimeDelete = try spawn.start().pid
        } catch {
            // The daemon removes it: it looks for what a shim has left.
            runtimeDeleted = true
        }
    }
}
