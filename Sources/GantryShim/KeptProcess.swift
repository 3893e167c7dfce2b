import GantrySystem
import GantryWire

/// One process that the shim keeps: the container's first, or one that was executed in it.
final class KeptProcess {
    /// What was asked for when it is an executed one; nil for the container's first.
    let exec: ExecFile?
    /// Names the files of an executed one, unique in this shim.
    var number = 0
    var lifecycle = ProcessLifecycle()
    var io: ProcessIO
    /// Open while the runtime has a terminal to deliver.
    var console: ConsoleSocket?
    /// Who asked for the start and waits for its outcome.
    var starter: (client: ShimClient, request: RequestID)?
    /// When output has to end after the process did, on the monotonic clock.
    var drainDeadline: Int64?
    /// The number that it had.
    var endedPID: Int32 = 0
    var endStatus = ExitStatus.exited(0)
    /// Nanoseconds since 1970.
    var endedAt: Int64 = 0
    var exit: ExitRecord?
    /// When an executed process that nobody started, or that has ended, is forgotten; on the monotonic clock.
    var forgetDeadline: Int64?
    /// Its client is gone without having left: it hangs up as soon as there is a process.
    var hungUp = false
    /// When a process that was hung up and goes on is killed, on the monotonic clock.
    var killDeadline: Int64?
    /// Rows and columns, for a terminal that is not there yet.
    private var window: (rows: UInt16, columns: UInt16)?

    init(_ exec: ExecFile?, terminal: Bool, openStdin: Bool, streamOwner: UInt32? = nil) {
        self.exec = exec
        io = ProcessIO(terminal: terminal, stdin: openStdin, owner: streamOwner)
    }

    /// The pid while it runs.
    var pid: Int32? { if case .running(let pid) = lifecycle.state { pid } else { nil } }

    var isDraining: Bool { if case .draining = lifecycle.state { true } else { false } }

    /// Whether a process of it, or of the runtime for it, may be there.
    var lives: Bool {
        switch lifecycle.state {
        case .idle, .ended: false
        case .starting, .running, .draining: true
        }
    }

    /// The earliest of what it waits for, on the monotonic clock.
    var deadline: Int64? { [drainDeadline, forgetDeadline, killDeadline].compactMap { $0 }.min() }

    /// Sets the terminal's size; a side of 0 says nothing, as from a client without a window.
    func resize(rows: UInt16, columns: UInt16) {
        guard io.isTerminal, rows > 0, columns > 0 else { return }
        window = (rows, columns)
        if let terminal = io.stdout { try? Terminal.setSize(terminal.raw, Terminal.Size(rows: rows, columns: columns)) }
    }

    /// Takes the terminal if the runtime has sent it.
    func receiveTerminal() {
        guard let terminal = console?.receive() else { return }
        closeConsole()
        io.adopt(terminal: terminal)
        if let window { resize(rows: window.rows, columns: window.columns) }
    }

    func closeConsole() {
        console?.remove()
        console = nil
    }

    /// Ends a process whose client went away: a hang-up for its whole session, and ten seconds to heed it.
    func hangUp() {
        hungUp = true
        guard killDeadline == nil, pid != nil else { return }
        signalGroup(Signals.hangUp)
        // A stopped process would hear nothing before it is continued.
        signalGroup(Signals.continueSignal)
        killDeadline = Clock.monotonic + 10_000_000_000
    }

    /// Signals the process and its group. The runtimes make an executed process the leader of a session.
    func signalGroup(_ signal: Int32) {
        guard let pid else { return }
        if (try? Processes.signal(pid: -pid, signal)) == nil { try? Processes.signal(pid: pid, signal) }
    }
}
