import GantrySystem
import Synchronization

/// A program on a real pseudo-terminal of its own, with somebody who types and looks at the screen.
final class TerminalProgram: Sendable {
    private struct State: Sendable {
        var transcript: [UInt8] = []
        var screen: Screen
        var status: Int32?
        var hungUp = false
        /// Everything that was written is in the transcript.
        var isRead = false
    }

    private let name: String
    let pid: Int32
    private let state: Monitor<State>
    private let master: Mutex<SharedDescriptor?>

    /// Starts it as the leader of a session whose controlling terminal this is. `path` is absolute.
    init(
        _ path: String, _ arguments: [String], environment: [String], rows: Int = 24, columns: Int = 80
    ) throws {
        name = ([Path.name(of: path)] + arguments).joined(separator: " ")
        let ends = try Terminal.openPair()
        let ours = SharedDescriptor(OwnedDescriptor(ends.master))
        let theirs = OwnedDescriptor(ends.slave)
        try Terminal.setSize(ours.raw, Terminal.Size(rows: UInt16(rows), columns: UInt16(columns)))
        state = Monitor(State(screen: Screen(rows: max(1, rows), columns: max(1, columns))))
        master = Mutex(ours)
        // setsid(1) makes the terminal the session's own, as a login does, and then becomes the program.
        var spawn = Spawn("/usr/bin/setsid", ["setsid", "--ctty", path] + arguments)
        spawn.environment = environment + ["TERM=vt100"]
        spawn.descriptors = [theirs.raw, theirs.raw, theirs.raw]
        let child = try spawn.start()
        pid = child.pid
        let ended = SharedDescriptor(child.takeDescriptor())
        let state = self.state
        try Threads.start("terminal-end") {
            _ = try? PollSet.wait(ended.raw, .readable)
            let status = (try? Processes.wait(pidfd: ended.raw))?.shellCode ?? -1
            state.with { $0.status = status }
            state.wakeAll()
        }
        try Threads.start("terminal-screen") {
            Self.look(at: ours, state)
            state.with { $0.isRead = true }
            state.wakeAll()
        }
    }

    /// Reads until the other side has closed the terminal, or ours has hung up: then the last hold on it is let go.
    private static func look(at master: SharedDescriptor, _ state: Monitor<State>) {
        var chunk = [UInt8](repeating: 0, count: 1 << 14)
        while !state.with({ $0.hungUp }) {
            guard let ready = try? PollSet.wait(master.raw, .readable, milliseconds: 50) else { return }
            if !ready { continue }
            guard let count = try? File.readChunk(master.raw, &chunk), count > 0 else { return }
            let bytes = chunk[..<count]
            state.with {
                $0.transcript += bytes
                $0.screen.write(bytes)
            }
            state.wakeAll()
        }
    }

    /// Types these characters. A return is "\r".
    func type(_ text: String) throws {
        guard let master = master.withLock({ $0 }) else { return }
        try File.write(master.raw, text)
    }

    func resize(rows: Int, columns: Int) throws {
        guard let master = master.withLock({ $0 }) else { return }
        try Terminal.setSize(master.raw, Terminal.Size(rows: UInt16(rows), columns: UInt16(columns)))
        if rows > 0, columns > 0 { state.with { $0.screen.resize(rows: rows, columns: columns) } }
    }

    /// The terminal goes away, as when its window is closed.
    func hangUp() {
        master.withLock { $0 = nil }
        state.with { $0.hungUp = true }
    }

    /// Everything that was written to the terminal.
    var transcript: String { state.with { String(decoding: $0.transcript, as: UTF8.self) } }
    var screen: [String] { state.with { $0.screen.lines } }

    /// Forgets what was written until now, so that what is waited for next is new.
    func clear() { state.with { $0.transcript = [] } }

    /// Waits until `text` has been written since the start or the last `clear`.
    func waitFor(_ text: String, seconds: Int64 = 15) throws {
        let wanted = Array(text.utf8)
        let found = state.wait(milliseconds: Patience.milliseconds(seconds)) {
            $0.transcript.contains(subsequence: wanted) ? true : nil
        }
        guard found == true else { throw missing("'\(text)'") }
    }

    /// Types a command for a shell and waits until it has answered with `text`.
    func ask(_ command: String, _ text: String) throws {
        clear()
        try type(command + "\r")
        try waitFor(text)
    }

    /// Waits until the screen is as `expected` says; what it is in the end.
    func waitForScreen(seconds: Int64 = 15, _ expected: @Sendable ([String]) -> Bool) throws -> [String] {
        let lines = state.wait(milliseconds: Patience.milliseconds(seconds)) {
            expected($0.screen.lines) ? $0.screen.lines : nil
        }
        guard let lines else { throw missing("the screen") }
        return lines
    }

    /// Waits for the end; the exit status as a shell shows it.
    func wait(seconds: Int64 = 20) throws -> Int32 {
        guard let status = state.wait(milliseconds: Patience.milliseconds(seconds), until: { $0.status }) else {
            try? Processes.signal(pid: pid, Signals.kill)
            throw missing("its end")
        }
        // Its last words may still be on their way; somebody else may hold the terminal open for ever.
        _ = state.wait(milliseconds: Patience.milliseconds(2)) { $0.isRead ? true : nil }
        return status
    }

    var hasEnded: Bool { state.with { $0.status != nil } }

    private func missing(_ what: String) -> Program.TimedOut {
        Program.TimedOut(
            description: "'\(name)': waited for \(what); the screen:\n\(screen.joined(separator: "\n"))\n--\n"
                + String(transcript.suffix(1000)).debugDescription)
    }
}
