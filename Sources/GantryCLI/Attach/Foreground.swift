import GantryClient
import GantryModel
import GantrySystem
import GantryWire

/// Starts a container with this program attached to it, and stays until it has exited.
///
/// ```
/// tasks.create ─▶ task.attach to the shim ─▶ tasks.start ─▶ pump ─▶ exit frame [─▶ wait until removed]
/// ```
///
/// Attaching comes before starting, so that no byte is missed. Between start and exit the daemon is not needed: it
/// may be restarted meanwhile. When it goes away before that, the shim knows whether anything was started; what was not
/// is begun again.
struct Foreground {
    let daemon: Daemon
    /// The container's id.
    let container: String
    /// Whether standard input is forwarded.
    let input: Bool
    /// Whether the daemon removes the container when it has exited.
    let removes: Bool
    /// Whether this command has created it.
    let isNew: Bool
    /// Whether the container has a terminal.
    let terminal: Bool
    let keys: DetachKeys
    var signalProxy = true

    /// The signals that are passed on: those that ask a program for something, and none that stop or resume this one.
    static let forwarded: [Int32] = [
        Signals.hangUp, Signals.interrupt, Signals.quit, Signals.user1, Signals.user2, alarm, Signals.terminate,
    ]
    private static let alarm: Int32 = 14

    /// Runs it.
    /// - Throws: a silent `Failure` with the container's exit status when that is not 0, or a `GantryError`.
    func run() throws {
        Signals.ignore(Signals.pipe)
        // From here on a signal is the container's, so that none comes between and leaves half of it behind.
        let signals = try SignalReader(Self.forwarded + AttachPump.signals)
        for _ in 0..<Self.mostAttempts where try attempt(signals) { return }
        throw GantryError(.unavailable, "start container '\(container)': the daemon went away each time; try again")
    }

    private static let mostAttempts = 20

    /// Once from the beginning to the end; false when the daemon went away and nothing was started.
    private func attempt(_ signals: borrowing SignalReader) throws -> Bool {
        let (path, runs) = try prepare()
        guard let shim = try attach(path, foreground: !runs) else { return false }
        let keyboard = try takeOver()
        // Not only after the pump: a start that fails says why on a terminal that is the user's again.
        defer { keyboard?.giveBack() }
        if terminal, let size = UserTerminal.window?.size { Self.resize(shim.raw, size) }
        let start = runs ? .answered : try start(path)
        if start == .lost { return false }
        return try stay(path, shim.raw, signals, keyboard, after: start) != .neverStarted(code: 0)
    }

    /// What is known of a start.
    private enum StartOutcome {
        case answered
        /// The daemon went away, and the shim says that the runtime was called.
        case told
        /// The daemon went away and so did the shim: its connection says whether anything ran.
        case untold
        /// The daemon went away and nothing was started; it is back.
        case lost
    }

    private func start(_ path: String) throws(GantryError) -> StartOutcome {
        do throws(GantryError) {
            try daemon.call("tasks.start", request)
            return .answered
        } catch {
            guard error.isDaemonAway else {
                discard()
                throw error
            }
            guard let state = ShimCall.state(path) else { return .untold }
            if state != "created" { return .told }
            guard daemon.reconnect() else { throw error }
            return .lost
        }
    }

    /// Attaches to a container that runs, without starting anything, until it exits or the user leaves.
    func join(_ path: String) throws {
        Signals.ignore(Signals.pipe)
        let signals = try SignalReader(Self.forwarded + AttachPump.signals)
        guard let shim = try attach(path, foreground: false) else {
            throw GantryError(.unavailable, "attach to container '\(container)': its shim does not answer")
        }
        let keyboard = try takeOver()
        defer { keyboard?.giveBack() }
        // What is on the container's screen was written before we came. A change of its window makes it draw again.
        if terminal, let size = UserTerminal.window?.size {
            Self.resize(shim.raw, Terminal.Size(rows: size.rows &+ 1, columns: size.columns &+ 1))
        }
        if try stay(path, shim.raw, signals, keyboard, after: .answered) == .detached {
            throw Failure("read escape sequence")
        }
    }

    /// The terminal that keys come from, raw. Before the start, so that what is typed early is not echoed here as well.
    private func takeOver() throws -> UserTerminal? {
        let keyboard = terminal && input ? UserTerminal(0) : nil
        do {
            try keyboard?.takeOver()
        } catch {
            discard()
            throw error
        }
        return keyboard
    }

    /// Tells the shim of a size before there is a pump. That it does not arrive is found out by who reads next.
    private static func resize(_ shim: Int32, _ size: Terminal.Size) {
        var frame: [UInt8] = []
        StdioFrame.resize(rows: size.rows, columns: size.columns).encode(into: &frame)
        try? UnixSocket.send(shim, frame)
    }

    private func stay(
        _ path: String, _ shim: Int32, _ signals: borrowing SignalReader, _ keyboard: UserTerminal?,
        after start: StartOutcome
    ) throws -> AttachPump.Ending {
        // A shim that is gone takes no input, and another attempt will want it.
        let input = input && start != .untold
        var pump = AttachPump(shim: shim, input: input ? 0 : nil)
        if terminal { pump.window = UserTerminal.window }
        pump.keyboard = keyboard
        if keyboard != nil { pump.keys = keys }
        let ending = try pump.run(signals: signals) { signal in
            // The window was closed: that ends this program, not the container.
            if terminal, signal == Signals.hangUp { return false }
            guard signalProxy else { return false }
            passOn(signal, path)
            return true
        }
        keyboard?.giveBack()
        if start != .answered, case .neverStarted = ending { return .neverStarted(code: 0) }
        let status = try status(of: ending)
        if status != 0 { throw Failure.silent(status) }
        return ending
    }

    private var request: JSONObject { ["container": .string(container)] }

    /// The shim's socket, and whether the container runs already: then `start -a` only attaches, as docker's does.
    private func prepare() throws(GantryError) -> (path: String, runs: Bool) {
        do throws(GantryError) {
            return (try daemon.call("tasks.create", request)["socket"]?.string ?? "", false)
        } catch {
            if !isNew, error.code == .failedPrecondition, let task = try? daemon.call("tasks.get", request) {
                return (task["socket"]?.string ?? "", true)
            }
            discard()
            throw error
        }
    }

    /// Nil when the shim went with the daemon that had made it: the next one sends it away when it finds it waiting.
    private func attach(_ path: String, foreground: Bool) throws(GantryError) -> OwnedDescriptor? {
        do throws(GantryError) {
            return try ShimCall.attach(path, input: input, foreground: foreground)
        } catch {
            if error.code == .unavailable, isDaemonAway { return nil }
            discard()
            throw error
        }
    }

    /// Whether the daemon that was called last has gone since.
    private var isDaemonAway: Bool {
        do throws(GantryError) {
            _ = try daemon.client.call("system.ping")
            return false
        } catch {
            return error.isDaemonAway
        }
    }

    /// A container of `run --rm` that never got to start goes again.
    private func discard() {
        if isNew, removes { Self.discard(container, daemon) }
    }

    /// Removes a container that is not running. When that fails there is a better error to show.
    static func discard(_ container: String, _ daemon: Daemon) {
        _ = try? daemon.client.call("containers.remove", ["container": .string(container)])
    }

    /// Passes a signal on: by the daemon, or directly when that is away. The container may have exited just now; then
    /// there is nobody to signal and nothing to say.
    private func passOn(_ signal: Int32, _ path: String) {
        do throws(GantryError) {
            try daemon.call("tasks.kill", ["container": .string(container), "signal": .int(Int64(signal))])
        } catch {
            if error.isDaemonAway { try? ShimCall.kill(path, signal) }
        }
    }

    private func status(of ending: AttachPump.Ending) throws -> Int32 {
        switch ending {
        case .exited(let code, let error):
            if let error { Console.error("Error: \(error)") }
            settle()
            return code
        case .neverStarted(let code):
            return code
        case .lost(let reason):
            do {
                let result = try daemon.callPersistently("containers.wait", request)
                if let error = result["error"]?.string { Console.error("Error: \(error)") }
                return Int32(truncatingIfNeeded: result["exitCode"]?.int ?? 0)
            } catch {
                throw GantryError(.unavailable, "\(reason), and the exit code is not known: \(error.message)")
            }
        case .lagged:
            throw Failure("attach: this program read too slowly and was disconnected; the container goes on")
        case .outputClosed:
            // What a program that writes to a closed pipe dies of. The container goes on, as docker's does.
            return 128 + Signals.pipe
        case .detached:
            return 0
        case .interrupted(let signal):
            return 128 + signal
        case .outputFailed(let error):
            throw Failure("write standard output: \(error); the container goes on", status: Failure.runStatus)
        }
    }

    /// The shim tells its clients of an exit before it tells the daemon. Who types the next command must find the
    /// container exited, or with --rm its name free, so this waits until the daemon knows. That it is away, or takes its
    /// time to clean up, is no error of the container's.
    private func settle() {
        let wait: JSONObject = [
            "container": .string(container), "condition": removes ? "removed" : "exited", "deadlineMs": 10_000,
        ]
        _ = try? daemon.callPersistently("containers.wait", wait, seconds: 3)
    }
}
