import GantrySystem
import GantryWire

/// Processes executed in the container: prepared by the daemon, started by whoever wants their streams.
///
/// ```
/// exec.prepare ──▶ prepared ──exec.start──▶ running ──▶ ended ──60 s──▶ forgotten
///                     └──────30 s without a start────────────────────▶│
/// ```
extension Shim {
    /// How long a prepared process waits for its start, in nanoseconds.
    private static let longestPrepared: Int64 = 30_000_000_000
    /// How long an ended one can be asked about, in nanoseconds.
    private static let longestRemembered: Int64 = 60_000_000_000
    /// How many ended ones are remembered at most.
    private static let mostRemembered = 100

    func prepareExec(_ client: ShimClient, _ id: RequestID, _ params: JSONObject) {
        guard let exec = ExecFile(params) else {
            return answer(client, id, ErrorBody(.invalidArgument, "prepare exec in '\(task.id)': it is not complete"))
        }
        guard container.pid != nil else { return answer(client, id, notRunning) }
        let process = KeptProcess(
            exec, terminal: exec.terminal, openStdin: exec.openStdin, streamOwner: exec.streamOwner)
        process.number = execCount
        process.forgetDeadline = Clock.monotonic + Self.longestPrepared
        execCount += 1
        execs.append(process)
        answer(client, id, [:])
    }

    private var notRunning: ErrorBody {
        ErrorBody(.failedPrecondition, "exec in '\(task.id)': the container is not running")
    }

    /// Attaches the client and starts, in one call; with `detach` it answers when the process runs.
    func startExec(_ client: ShimClient, _ id: RequestID, _ params: JSONObject) {
        let wanted = params["exec"]?.string ?? ""
        guard let process = execs.first(where: { $0.exec?.id == wanted }), let exec = process.exec else {
            return answer(
                client, id, ErrorBody(.notFound, "start exec '\(wanted.prefix(12))': no such exec", field: "exec"))
        }
        guard process.lifecycle.state == .idle, process.exit == nil else {
            return answer(
                client, id,
                ErrorBody(.failedPrecondition, "start exec '\(wanted.prefix(12))': it was started before"))
        }
        guard container.pid != nil else { return answer(client, id, notRunning) }
        process.forgetDeadline = nil
        let detached = params["detach"]?.bool ?? false
        if !detached { attach(client, id, params, to: process) }
        do throws(Errno) {
            let name = files(of: process) + "process.json"
            let file = try File.open(task.directory + "/" + name, [.write, .create, .truncate], mode: 0o600)
            try File.write(file.raw, exec.process.encoded())
            if detached { process.starter = (client, id) }
            try launch(process, ["exec", "--detach", "--process", name])
        } catch {
            removeFiles(of: process)
            execFailed(process, "start '\(task.runtime)': \(error)")
        }
    }

    func removeFiles(of process: KeptProcess) {
        for name in ["process.json", "pid", "runtime.log"] {
            try? Path.unlink(task.directory + "/" + files(of: process) + name)
        }
    }

    /// The runtime refused: whoever waits is told, and that is the end of it.
    func execFailed(_ process: KeptProcess, _ words: String) {
        let code = process.exec?.failureCode ?? 126
        let message = "exec in '\(task.id.prefix(12))': \(words)"
        if let starter = process.starter {
            answer(
                starter.client, starter.request,
                ErrorBody(.failedPrecondition, message, details: ["exitCode": .int(Int64(code))]))
        }
        process.starter = nil
        process.exit = ExitRecord(exitCode: code, finishedAt: Clock.realtime, error: message)
        tellEnd(process)
    }

    /// The exit of an executed process goes to its clients; nobody else waits for it.
    func tellEnd(_ process: KeptProcess) {
        guard let exit = process.exit else { return }
        for client in clients where client.attachment?.process === process { sayExit(exit, to: client) }
        process.killDeadline = nil
        process.forgetDeadline = Clock.monotonic + Self.longestRemembered
        let ended = execs.filter { $0.exit != nil }
        if ended.count > Self.mostRemembered { execs.removeAll { $0 === ended[0] } }
    }

    /// Kills those that did not heed their hang-up, forgets those whose time has come.
    func tendExecs() {
        if execs.isEmpty { return }
        let now = Clock.monotonic
        for process in execs {
            guard let deadline = process.killDeadline, now >= deadline else { continue }
            process.killDeadline = nil
            process.signalGroup(Signals.kill)
        }
        execs.removeAll { process in process.forgetDeadline.map { now >= $0 } ?? false }
    }

    /// The container has ended. Its process namespace took them along; where it shares the host's we do it.
    func endExecs() {
        for process in execs { process.signalGroup(Signals.kill) }
    }
}

extension KeptProcess {
    /// What `exec.list` says of it.
    var summary: JSON {
        var object: JSONObject = [
            "exec": .string(exec?.id ?? ""), "tty": .bool(io.isTerminal),
            "state": .string(exit == nil ? lifecycle.word(idle: "prepared") : "exited"),
            "pid": .int(Int64(pid ?? 0)), "command": exec?.process["args"] ?? [],
        ]
        if let exit { object["exitCode"] = .int(Int64(exit.exitCode)) }
        return .object(object)
    }
}
