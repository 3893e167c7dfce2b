import GantrySystem
import GantryWire

/// The terminal that this program was started on, while a container has the keyboard.
///
/// Raw from `takeOver` to `giveBack`; giving it back is also what its end does, so that no way out leaves a shell
/// without echo.
final class UserTerminal {
    private let descriptor: Int32
    private var before: Terminal.Mode?

    /// Nil when the descriptor is no terminal.
    init?(_ descriptor: Int32) {
        guard Terminal.isTerminal(descriptor) else { return nil }
        self.descriptor = descriptor
    }

    deinit { giveBack() }

    /// Every key goes to the container as it is.
    func takeOver() throws(Errno) {
        if before != nil { return }
        let mode = try Terminal.mode(descriptor)
        try Terminal.setMode(descriptor, mode.raw)
        before = mode
    }

    /// Takes it over once more, after this program was stopped and goes on: the shell has set it to its own liking.
    /// Without effect when it was not taken over.
    func resume() {
        guard let before else { return }
        try? Terminal.setMode(descriptor, before.raw)
    }

    /// As it was before. Once more is fine.
    func giveBack() {
        guard let before else { return }
        self.before = nil
        try? Terminal.setMode(descriptor, before)
    }

    /// Its size in characters; nil when it has none.
    var size: Terminal.Size? {
        guard let size = try? Terminal.size(descriptor), size.rows > 0, size.columns > 0 else { return nil }
        return size
    }

    /// The size as the parameter `consoleSize`.
    var consoleSize: JSON? {
        size.map { ["rows": .int(Int64($0.rows)), "columns": .int(Int64($0.columns))] }
    }

    /// The terminal that a container's window takes its size from: where output goes, or else where input comes from.
    static var window: UserTerminal? { UserTerminal(1) ?? UserTerminal(0) }

    /// Refuses to wire a container's terminal to an input that is none, as docker does.
    static func check(terminal: Bool, input: Bool) throws(Failure) {
        guard terminal, input, !Terminal.isTerminal(0) else { return }
        throw Failure("the input device is not a TTY")
    }
}
