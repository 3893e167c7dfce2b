import GantryModel
import GantrySystem
import GantryWire

/// Starts a container with this program attached to it, and stays until it has exited.
///
/// ```
/// tasks.create ─▶ attach to the shim ─▶ tasks.start ─▶ pump ─▶ exit frame [─▶ wait until removed]
/// ```
///
/// Attaching comes before starting, so that no byte is missed. Between start and exit the daemon is not needed: it
/// may be restarted meanwhile.
struct Foreground {
    let daemon: Daemon
    /// The container's id.
    let container: String
    /// Whether standard input is forwarded.
    let input: Bool
    /// Whether the daemon removes the container when it has exited.
    let removes: Bool

    /// The signals that are passed on: those that ask a program for something, and none that stop or resume this one.
    static let forwarded: [Int32] = [
        Signals.hangUp, Signals.interrupt, Signals.quit, Signals.user1, Signals.user2, alarm, Signals.terminate,
    ]
    private static let alarm: Int32 = 14

    /// Runs it.
    /// - Throws: a silent `Failure` with the container's exit status when that is not 0, or a `GantryError`.
    func run() throws {
        let request: JSONObject = ["container": .string(container)]
        let task = try daemon.call("tasks.create", request)
        let shim = try Attachment.open(task["socket"]?.string ?? "", input: input)
        Signals.ignore(Signals.pipe)
        let signals = try SignalReader(Self.forwarded)
        _ = try daemon.call("tasks.start", request)
        var pump = AttachPump(shim: shim.raw, input: input ? 0 : nil)
        let ending = try pump.run(signals: signals) { signal in
            // It may have exited just now; then there is nobody to signal and nothing to say.
            _ = try? daemon.call("tasks.kill", ["container": .string(container), "signal": .int(Int64(signal))])
        }
        let status = try status(of: ending)
        if status != 0 { throw Failure.silent(status) }
    }

    private func status(of ending: AttachPump.Ending) throws -> Int32 {
        switch ending {
        case .exited(let code, let error):
            if let error { Console.error("Error: \(error)") }
            if removes { awaitRemoval() }
            return code
        case .lost(let reason):
            do {
                let result = try daemon.callPersistently("containers.wait", ["container": .string(container)])
                return Int32(truncatingIfNeeded: result["exitCode"]?.int ?? 0)
            } catch {
                throw GantryError(.unavailable, "\(reason), and the exit code is not known: \(error.message)")
            }
        case .outputClosed:
            // What a program that writes to a closed pipe dies of. The container goes on, as docker's does.
            return 128 + Signals.pipe
        }
    }

    /// With --rm the name is free when the command ends. That it is free already, or will be after a restart of the
    /// daemon, is no error of the container's.
    private func awaitRemoval() {
        _ = try? daemon.call("containers.wait", ["container": .string(container), "condition": "removed"])
    }
}
