import GantryModel
import GantrySystem
import GantryWire

/// Runs of the OCI runtime by the daemon, for what needs no shim.
extension Tasks {
    /// Runs a verb of the runtime on the container and waits for its end. Cost: a process, 3 to 30 ms.
    ///
    /// - Throws: `.failedPrecondition` with the runtime's own words when it refuses; `.unavailable` when it cannot be
    ///   started; `.deadlineExceeded` when it takes longer than `milliseconds`.
    func runRuntime(
        _ key: TaskKey, _ runtime: RuntimeChoice, _ verb: [String], milliseconds: Int64 = 30_000
    ) throws(GantryError) {
        let log = directory(key).path + "/runtime-\(Self.randomHex(4)).log"
        defer { try? Path.unlink(log) }
        let options = runtimeOptions(runtime) + ["--log", log, "--log-format", "json"]
        var spawn = Spawn(runtime.path, [runtime.path] + options + verb + [key.id])
        spawn.environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        spawn.directory = directory(key).path
        let run: ProgramRun
        do throws(Errno) {
            run = try ProgramRun.run(spawn, milliseconds: milliseconds)
        } catch {
            if error == .timedOut {
                throw GantryError(
                    .deadlineExceeded, "call runtime '\(runtime.name) \(verb[0])': no end in \(milliseconds / 1000) s")
            }
            throw GantryError(.unavailable, "call runtime '\(runtime.path)': \(error)")
        }
        if run.status != .exited(0) { throw GantryError(.failedPrecondition, words(log, run, runtime)) }
    }

    /// The last message of its log, or else its standard error.
    private func words(_ log: String, _ run: ProgramRun, _ runtime: RuntimeChoice) -> String {
        let bytes = (try? File.contents(log, limit: 1 << 20)) ?? []
        if let message = RuntimeLog.lastMessage(bytes) { return message }
        let text = String(decoding: run.errors.map { $0 < 32 ? 32 : $0 }, as: UTF8.self)
        if text.contains(where: { $0 != " " }) { return text }
        return "the runtime '\(runtime.path)' ended with status \(run.status.shellCode) and no message"
    }
}
