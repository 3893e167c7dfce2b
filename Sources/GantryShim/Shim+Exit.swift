import GantrySystem
import GantryWire

/// The end of the container, in the order that loses nothing: drain its output, read its counters while the cgroup still
/// stands, write the `exit` file, tell clients, tell the daemon until it has it in its database, leave.
extension Shim {
    /// How long a grandchild may hold the output open after the container's end.
    static let drainTime: Int64 = 1_000_000_000

    /// How long the runtime's clean-up waits for the daemon's acknowledgement: whoever waits for the container's end
    /// should not share the processors with it. A daemon that is down is not waited for.
    static let deleteDelay: Int64 = 100_000_000

    func cleanUp() {
        guard let deadline = deleteDeadline, report.isAcknowledged || Clock.monotonic >= deadline else { return }
        deleteDeadline = nil
        deleteFromRuntime()
    }

    func ended(_ process: KeptProcess, _ status: ExitStatus) {
        process.endStatus = status
        process.endedAt = Clock.realtime
        if process === container { FailurePoint.shimEnded.reach() }
        process.drainDeadline = Clock.monotonic + Self.drainTime
        if process === container {
            // systemd removes the cgroup of an empty scope by itself: what it counted is read before anything else.
            counters = memory?.lastLook(wasKilled: status.shellCode == 128 + Signals.kill) ?? .read(task.cgroups)
            endExecs()
        }
    }

    func drain(_ process: KeptProcess) {
        // Without regard to slow clients: a pipe holds little, and the exit must not wait for a reader.
        while read(process, stderr: false) > 0 {}
        while read(process, stderr: true) > 0 {}
        let late = process.drainDeadline.map { Clock.monotonic >= $0 } ?? true
        guard process.io.isDrained || late else { return }
        process.drainDeadline = nil
        process.lifecycle.drained()
        process.io.close()
        var record = ExitRecord(exitCode: process.endStatus.shellCode, finishedAt: process.endedAt)
        if case .signalled(let signal, _) = process.endStatus { record.signal = signal }
        if process === container { return finish(record, of: process) }
        process.exit = record
        tellEnd(process)
    }

    private func finish(_ ended: ExitRecord, of process: KeptProcess) {
        var record = ended
        log?.finish()
        FailurePoint.shimDrained.reach()
        memory = nil
        let counters = counters.merged(.read(task.cgroups))
        record.oomKilled = counters.oomKilled
        record.memoryPeak = counters.memoryPeak
        record.pid = process.endedPID
        record.refused = trace?.calls ?? []
        record.logDropped = log?.dropped ?? 0
        container.exit = record
        try? File.replace(task.directory + "/exit", with: record.json.encoded(), mode: 0o600, sync: false)
        FailurePoint.shimExit.reach()
        for client in clients where client.attachment?.process === container { sayExit(record, to: client) }
        report = DaemonReport("tasks.exited", of: task, ["exit": record.json])
        report.advance()
        deleteDeadline = Clock.monotonic + Self.deleteDelay
    }
}
