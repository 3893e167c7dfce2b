import GantrySystem

/// The process of a plugin that gantryd starts, and starts again when it ends. One thread uses it.
///
/// It ends with gantryd, however that ends (`PR_SET_PDEATHSIG`); so the thread that starts it must be one that stays.
struct PluginProcess {
    /// A child is nobody's to copy.
    private final class Running {
        let child: Child
        init(_ child: consuming Child) { self.child = child }
    }

    private let exec: [String]
    private let environment: [String]
    private var running: Running?
    private var startedAt: Int64 = 0
    /// Ends in a row that came soon after the start.
    private var quickEnds = 0
    private var notBefore: Int64 = 0
    private(set) var starts: Int64 = 0

    /// A start that lasts so long counts as one that worked.
    private static let settled: Int64 = 10_000_000_000
    private static let longestPause: Int64 = 30_000_000_000

    init(_ exec: [String], environment: [String]) {
        self.exec = exec
        self.environment = environment
    }

    var pid: Int32? { running?.child.pid }
    /// Readable when it has ended; -1 when none runs.
    var descriptor: Int32 { running?.child.descriptor.raw ?? -1 }

    /// Starts it when it does not run and its pause is over, and reaps one that has ended.
    /// - Returns: how it ended, or why it cannot be started.
    mutating func keepRunning() -> String? {
        var news: String?
        if let status = running.flatMap({ try? Processes.reap(pidfd: $0.child.descriptor.raw) }) ?? nil {
            running = nil
            news = "its process ended: \(Self.words(status))"
            pause()
        }
        guard running == nil, Clock.monotonic >= notBefore else { return news }
        // What it prints goes where gantryd's own messages go.
        var spawn = Spawn(exec[0], exec, environment: environment, descriptors: [-1, 2, 2])
        spawn.newSession = true
        spawn.deathSignal = Signals.kill
        do throws(Errno) {
            running = Running(try spawn.start())
            startedAt = Clock.monotonic
            starts += 1
        } catch {
            news = "'\(exec[0])' cannot be started: \(error.reason)"
            pause()
        }
        return news
    }

    private mutating func pause() {
        quickEnds = Clock.monotonic - startedAt < Self.settled ? quickEnds + 1 : 1
        notBefore = Clock.monotonic + min(Self.longestPause, 200_000_000 << min(quickEnds - 1, 8))
    }

    private static func words(_ status: ExitStatus) -> String {
        switch status {
        case .exited(let status): "exit status \(status)"
        case .signalled(let signal, _): "signal \(signal)"
        }
    }

    /// Ends it: politely, and after `milliseconds` not so.
    mutating func end(milliseconds: Int32) {
        guard let ended = running.take() else { return }
        let child = ended.child.descriptor.raw
        if milliseconds > 0 {
            try? Processes.signal(pidfd: child, Signals.terminate)
            if (try? PollSet.wait(child, .readable, milliseconds: milliseconds)) != true {
                try? Processes.signal(pidfd: child, Signals.kill)
            }
        } else {
            try? Processes.signal(pidfd: child, Signals.kill)
        }
        _ = try? ended.child.wait()
    }
}
