import GantrySystem

/// A process that the shim keeps, the container's first or one executed in it. Pure: what to do comes out of the
/// transitions.
///
/// ```
/// idle ──start──▶ starting ──started──▶ running ──exited──▶ draining ──drained──▶ ended
///                    │  └──── exited before its pid was known ─────▶│
///                    └──failed──▶ idle
/// ```
struct ProcessLifecycle: Sendable {
    private(set) var state = State.idle

    enum State: Sendable, Equatable {
        /// Nothing was started yet.
        case idle
        /// The runtime runs; `earlyExits` are orphans that ended before their pid meant anything to us.
        case starting(runtime: Int32, earlyExits: [EarlyExit])
        case running(pid: Int32)
        /// The process is gone; its output may still hold bytes.
        case draining(ExitStatus)
        case ended
    }

    struct EarlyExit: Sendable, Equatable {
        var pid: Int32
        var status: ExitStatus
    }

    /// What an end of some child means.
    enum Reaped: Sendable, Equatable {
        /// The runtime has finished its start: look at its status and the pid file.
        case runtimeFinished(ExitStatus)
        /// The process itself ended: drain, then report.
        case processEnded(ExitStatus)
        /// A grandchild, or a helper: nothing to do.
        case other
    }

    mutating func start(runtime: Int32) {
        precondition(state == .idle)
        state = .starting(runtime: runtime, earlyExits: [])
    }

    mutating func reaped(_ pid: Int32, _ status: ExitStatus) -> Reaped {
        switch state {
        case .starting(let runtime, _) where runtime == pid:
            return .runtimeFinished(status)
        case .starting(let runtime, var early):
            early.append(EarlyExit(pid: pid, status: status))
            state = .starting(runtime: runtime, earlyExits: early)
            return .other
        case .running(pid):
            state = .draining(status)
            return .processEnded(status)
        case .idle, .running, .draining, .ended:
            return .other
        }
    }

    /// The runtime succeeded. The status of the process when that has ended already.
    mutating func started(_ pid: Int32) -> ExitStatus? {
        guard case .starting(_, let early) = state else { return nil }
        if let exit = early.first(where: { $0.pid == pid }) {
            state = .draining(exit.status)
            return exit.status
        }
        state = .running(pid: pid)
        return nil
    }

    /// The runtime failed: nothing runs, another start may follow.
    mutating func failed() { state = .idle }

    mutating func drained() { state = .ended }

    /// The state in a word, for those who ask; `idle` says what it is called before the start.
    func word(idle: StaticString) -> String {
        switch state {
        case .idle: "\(idle)"
        case .starting: "starting"
        case .running: "running"
        case .draining, .ended: "stopped"
        }
    }
}
