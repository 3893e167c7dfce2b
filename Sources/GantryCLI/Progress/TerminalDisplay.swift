import GantrySystem

/// A line for each layer that is redrawn in its place, at most a dozen times a second, by a thread of its own.
///
/// Every picture is one write, and ends at the beginning of the line below it: whatever ends this program leaves the
/// cursor where a shell wants it.
final class TerminalDisplay: ProgressDisplay {
    private struct State {
        var lines = LayerLines()
        /// Characters of each line on the screen.
        var drawn: [Int] = []
        var isDirty = false
        var isOver = false
        var isEnded = false
    }

    private static let pause: Int64 = 80

    private let descriptor: Int32
    private let state = Monitor(State())

    init(descriptor: Int32) {
        self.descriptor = descriptor
        let (state, descriptor) = (state, descriptor)
        do throws(Errno) {
            try Threads.start("progress") {
                while !Self.turn(state, descriptor) { Clock.sleep(milliseconds: Self.pause) }
            }
        } catch {
            // Without a thread the picture is drawn at the end only.
            state.with { $0.isEnded = true }
        }
    }

    func say(_ text: String) throws(Failure) {
        let failure = state.with { state -> Failure? in
            do throws(Failure) {
                try Console.write(
                    Self.erasing(&state, columns: Self.window(descriptor).columns) + text + "\n", to: descriptor)
                state.isDirty = !state.lines.lines.isEmpty
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
    }

    func take(_ line: LayerLine) {
        state.with { state in
            state.lines.take(line, now: Clock.monotonic)
            state.isDirty = true
        }
    }

    func finish() {
        state.with { $0.isOver = true }
        _ = state.wait(milliseconds: 2000) { $0.isEnded ? true : nil }
        state.with { state in
            Self.draw(&state, descriptor)
            // What is said from now on stands below it.
            state.drawn = []
            state.lines = LayerLines()
        }
    }

    /// Draws what is new; true once nothing more will come.
    private static func turn(_ state: Monitor<State>, _ descriptor: Int32) -> Bool {
        let isOver = state.with { state in
            if state.isDirty { draw(&state, descriptor) }
            state.isEnded = state.isOver
            return state.isOver
        }
        if isOver { state.wakeAll() }
        return isOver
    }

    private static func draw(_ state: inout State, _ descriptor: Int32) {
        guard state.isDirty else { return }
        state.isDirty = false
        let window = window(descriptor)
        var text = erasing(&state, columns: window.columns)
        let picture = state.lines.picture(rows: window.rows, columns: window.columns)
        for line in picture { text += line + "\n" }
        state.drawn = picture.map(\.count)
        // A terminal that has gone away shows nothing any more; the pull is not its business.
        try? Console.write(text, to: descriptor)
    }

    /// Goes up over what is drawn and clears from there on. In a window that has become narrower, lines have wrapped.
    private static func erasing(_ state: inout State, columns: Int) -> String {
        let rows = state.drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / columns) }
        state.drawn = []
        return rows == 0 ? "" : "\u{1b}[\(rows)A\r\u{1b}[J"
    }

    private static func window(_ descriptor: Int32) -> (rows: Int, columns: Int) {
        let size = try? Terminal.size(descriptor)
        // Who does not know gets what terminals have had since there were any.
        let rows = Int(size?.rows ?? 0)
        let columns = Int(size?.columns ?? 0)
        return (rows == 0 ? 24 : rows, columns == 0 ? 80 : columns)
    }
}
