import GantryModel
import GantrySystem
import GantryWire

/// A command executed in a container, with this program at its streams, from its start to its end.
///
/// Only the container's shim is spoken to: the daemon may be restarted meanwhile. Signals are not passed on; one that
/// ends this program hangs the command up.
struct Joined {
    /// The shim's.
    let socket: String
    /// What `tasks.exec` answered.
    let exec: String
    let input: Bool
    let terminal: Bool
    let keys: DetachKeys

    /// Runs it.
    /// - Throws: a silent `Failure` with the command's exit status when that is not 0, or a `GantryError`.
    func run() throws {
        Signals.ignore(Signals.pipe)
        // All that would end this program: its terminal is given back first.
        let signals = try SignalReader(Foreground.forwarded + AttachPump.signals)
        let keyboard = terminal && input ? UserTerminal(0) : nil
        try keyboard?.takeOver()
        defer { keyboard?.giveBack() }
        let shim = try ShimCall.startExec(socket, exec, input: input)
        var pump = AttachPump(shim: shim.raw, input: input ? 0 : nil)
        if terminal { pump.window = UserTerminal.window }
        pump.keyboard = keyboard
        if keyboard != nil { pump.keys = keys }
        let ending = try pump.run(signals: signals) { _ in false }
        keyboard?.giveBack()
        let status = try status(of: ending)
        if status != 0 { throw Failure.silent(status) }
    }

    private func status(of ending: AttachPump.Ending) throws -> Int32 {
        switch ending {
        case .exited(let code, let error):
            if let error { Console.error("Error: \(error)") }
            return code
        case .neverStarted(let code):
            return code
        case .lost(let reason):
            throw GantryError(.unavailable, "\(reason), and the exit code is not known")
        case .lagged:
            throw GantryError(.unavailable, "exec: this program read too slowly and was disconnected")
        case .outputClosed:
            return 128 + Signals.pipe
        case .outputFailed(let error):
            throw Failure("write standard output: \(error); the command is hung up", status: 1)
        case .detached:
            throw Failure("read escape sequence", status: 1)
        case .interrupted(let signal):
            return 128 + signal
        }
    }
}
