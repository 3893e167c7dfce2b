import GantrySystem
import Synchronization

/// A program of the test, running beside it: its output is collected by a thread of its own, whole and binary safe.
final class Program: Sendable {
    /// What it finds on standard input: the null device, these bytes and then the end, or a pipe that stays open.
    enum Input: Sendable {
        case null
        case bytes([UInt8])
        case held

        static func text(_ text: String) -> Input { .bytes([UInt8](text.utf8)) }
    }

    /// How it ended, and all that it wrote.
    struct Outcome: Sendable {
        /// As a shell shows it: 128 + the signal when one killed it.
        var status: Int32
        var output: [UInt8]
        var errors: [UInt8]

        /// Standard output as text, without the line ends at its end.
        var text: String { Outcome.trimmed(output) }
        var errorText: String { Outcome.trimmed(errors) }
        var lines: [String] { text.isEmpty ? [] : text.split(separator: "\n").map(String.init) }

        private static func trimmed(_ bytes: [UInt8]) -> String {
            var bytes = bytes[...]
            while bytes.last == 10 { bytes.removeLast() }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// It did not end in time, or did not say what was waited for.
    struct TimedOut: Error, CustomStringConvertible {
        var description: String
    }

    /// What the pump has seen by now.
    struct State: Sendable {
        var output: [UInt8] = []
        var errors: [UInt8] = []
        var status: Int32?
        var finished = false

        mutating func take(_ bytes: ArraySlice<UInt8>, side: Int) {
            if side == 0 { output.append(contentsOf: bytes) } else { errors.append(contentsOf: bytes) }
        }
    }

    let pid: Int32
    private let name: String
    private let state = Monitor(State())
    private let keyboard: Mutex<Int32>

    /// Starts it. `path` is absolute; `arguments` are without the program's name.
    init(_ path: String, _ arguments: [String], environment: [String], input: Input = .null) throws {
        name = ([Path.name(of: path)] + arguments).joined(separator: " ")
        let (outRead, outWrite) = try File.pipe().split()
        let (errRead, errWrite) = try File.pipe().split()
        var inRead: Int32 = -1
        var inWrite: Int32 = -1
        if case .null = input {} else { (inRead, inWrite) = try File.pipe().split() }
        let child = try Spawn(
            path, [path] + arguments, environment: environment, descriptors: [inRead, outWrite, errWrite]
        ).start()
        for fd in [outWrite, errWrite, inRead] { Pump.close(fd) }
        pid = child.pid
        var pump = Pump(pidfd: child.takeDescriptor().release(), out: outRead, err: errRead, state: state)
        if case .held = input { keyboard = Mutex(inWrite) } else { keyboard = Mutex(-1) }
        if case .bytes(let bytes) = input { pump.feed(bytes, into: inWrite) }
        let ready = pump
        try Threads.start("program") {
            var pump = ready
            pump.run()
        }
    }

    deinit { finishInput() }

    /// Writes to the standard input of a program that was started with `.held`.
    func type(_ text: String) throws { try keyboard.withLock { try File.write($0, text) } }

    /// Closes that standard input; a second time does nothing.
    func finishInput() {
        keyboard.withLock {
            Pump.close($0)
            $0 = -1
        }
    }

    func signal(_ number: Int32) throws { try Processes.signal(pid: pid, number) }

    /// Waits until it has ended and its output is closed; kills it when that takes longer than `seconds`.
    @discardableResult
    func wait(seconds: Int64 = 30) throws -> Outcome {
        let outcome = state.wait(milliseconds: Patience.milliseconds(seconds)) { state in
            state.finished ? Outcome(status: state.status ?? -1, output: state.output, errors: state.errors) : nil
        }
        if let outcome { return outcome }
        let (ended, said) = state.with { ($0.status != nil, Self.tail($0.output) + Self.tail($0.errors)) }
        if !ended { try? signal(Signals.kill) }
        throw TimedOut(
            description: "'\(name)' \(ended ? "ended but something holds its output" : "did not end") "
                + "within \(seconds) s; it said: \(said)")
    }

    /// Waits until its standard output holds `text`.
    func waitForOutput(_ text: String, seconds: Int64 = 15) throws {
        let wanted = Array(text.utf8)
        let found: Bool? = state.wait(milliseconds: Patience.milliseconds(seconds)) { state in
            if state.output.contains(subsequence: wanted) { return true }
            return state.finished ? false : nil
        }
        guard found == true else {
            let said = state.with { Self.tail($0.output) + Self.tail($0.errors) }
            throw TimedOut(description: "'\(name)' did not say '\(text)'; it said: \(said)")
        }
    }

    var hasEnded: Bool { state.with { $0.status != nil } }

    /// What it has written to standard output by now.
    var outputSoFar: String { state.with { String(decoding: $0.output, as: UTF8.self) } }

    /// What it has written to standard error by now.
    var errorsSoFar: String { state.with { String(decoding: $0.errors, as: UTF8.self) } }

    private static func tail(_ bytes: [UInt8]) -> String { String(decoding: bytes.suffix(2000), as: UTF8.self) }
}

extension [UInt8] {
    func contains(subsequence wanted: [UInt8]) -> Bool {
        guard let first = wanted.first else { return true }
        return indices.contains { at in
            self[at] == first && at + wanted.count <= count && self[at..<(at + wanted.count)].elementsEqual(wanted)
        }
    }
}
