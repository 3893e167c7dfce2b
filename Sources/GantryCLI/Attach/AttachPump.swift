import GantrySystem
import GantryWire

/// Moves bytes between this program's standard streams and a shim, in one poll loop and without threads.
///
/// ```
///  stdin ──▶ frames ──▶ shim socket ──▶ frames ──▶ stdout / stderr      signalfd ──▶ `signalled`
/// ```
///
/// There is back-pressure both ways: standard input is read only when the last of it has gone to the shim, and the
/// shim is read only when the last of its output is written. Output is written in the order in which it came, all of
/// it, also by an end. Waiting for a reader of our output never keeps signals from being passed on.
struct AttachPump {
    /// How it ended.
    enum Ending: Equatable {
        /// The container's process ended; `error` says why it never started.
        case exited(code: Int32, error: String?)
        /// The shim's connection broke without an exit: somebody else has to know the exit code.
        case lost(String)
        /// We read too slowly, and the shim has let us go.
        case lagged
        /// Nobody reads our output any more.
        case outputClosed
        /// Our output cannot be written: the disk is full.
        case outputFailed(Errno)
        /// The shim was sent away before anything was started: by a daemon that found it without a client's call.
        case neverStarted(code: Int32)
        /// The user typed the detach keys.
        case detached
        /// A signal that is not passed on ends this program, or its terminal has gone away.
        case interrupted(Int32)
    }

    /// The signals that are the pump's own business, to be read beside those that its caller wants.
    static let signals: [Int32] = [Signals.windowChanged, Signals.continueSignal]

    let shim: Int32
    /// Where standard input comes from; nil forwards none.
    var input: Int32?
    var output: Int32 = 1
    var errors: Int32 = 2
    /// Watches what is typed; nil when the input is no terminal's.
    var keys: DetachKeys?
    /// The window that the container's terminal follows.
    var window: UserTerminal?
    /// The terminal that was taken over, to be taken over again when this program was stopped meanwhile.
    var keyboard: UserTerminal?

    private var reader = StdioFrameReader()
    private var toShim = PendingBytes()
    private var toUs = PendingBytes()
    private var target: Int32 = 1
    private var errorsClosed = false
    private var finished: Ending?

    init(shim: Int32, input: Int32?, output: Int32 = 1, errors: Int32 = 2, received: [UInt8] = []) {
        self.shim = shim
        self.input = input
        self.output = output
        self.errors = errors
        // What the shim sent right behind its answer to the attach request.
        reader.append(received)
    }

    /// Runs until there is an end. `signalled` is called with each signal that `signals` reads, but for changes of the
    /// window and the end of a stop; it says whether the program goes on.
    mutating func run(
        signals: borrowing SignalReader, _ signalled: (Int32) -> Bool
    ) throws(Errno) -> Ending {
        try File.setNonblocking(shim)
        followWindow()
        var poll = PollSet()
        while true {
            if let ending = try takeFrames() { return ending }
            poll.removeAll()
            let signal = poll.add(signals.raw, .readable)
            let from = poll.add(shimEvents.isEmpty ? -1 : shim, shimEvents)
            let typed = poll.add(toShim.isEmpty ? input ?? -1 : -1, .readable)
            let screen = poll.add(toUs.isEmpty ? -1 : target, .writable)
            try poll.wait()
            if !poll[signal].isEmpty {
                while let next = signals.next() {
                    if next.signal == Signals.windowChanged {
                        followWindow()
                    } else if next.signal == Signals.continueSignal {
                        keyboard?.resume()
                        followWindow()
                    } else if !signalled(next.signal) {
                        return .interrupted(next.signal)
                    }
                }
            }
            if !poll[screen].isEmpty, let ending = try writeOutput() { return ending }
            if !poll[typed].isEmpty, let ending = try readInput() { return ending }
            if !poll[from].isEmpty { try exchange(poll[from]) }
        }
    }

    /// Tells the shim how large the window is.
    private mutating func followWindow() {
        guard let size = window?.size else { return }
        var frame: [UInt8] = []
        StdioFrame.resize(rows: size.rows, columns: size.columns).encode(into: &frame)
        toShim.append(frame)
    }

    /// Says that we leave on purpose, as far as the shim takes it now.
    private mutating func leave() {
        var frame: [UInt8] = []
        StdioFrame(.detach).encode(into: &frame)
        toShim.append(frame)
        let shim = self.shim
        for _ in 0..<10 where !toShim.isEmpty {
            _ = try? PollSet.wait(shim, .writable, milliseconds: 100)
            try? toShim.drain(atMost: .max) { bytes throws(Errno) in try UnixSocket.sendSome(shim, bytes) }
        }
    }

    /// Empty while our output waits: then the shim is not polled at all, or its hang-up would wake us without end.
    private var shimEvents: PollSet.Events {
        var events: PollSet.Events = toShim.isEmpty ? [] : .writable
        if toUs.isEmpty, finished == nil { events.insert(.readable) }
        return events
    }

    /// Takes frames until there is something to write, or an end.
    private mutating func takeFrames() throws(Errno) -> Ending? {
        while toUs.isEmpty {
            let frame: StdioFrame?
            do {
                frame = try reader.next()
            } catch {
                return .lost("\(error)")
            }
            guard let frame else { return finished }
            switch frame.kind {
            case .stdout: queue(frame.bytes, for: output)
            case .stderr: queue(frame.bytes, for: errors)
            case .exit: return Self.exit(frame.bytes)
            case .lagged: return .lagged
            case .stdin, .stdinEOF, .resize, .detach, .position:
                return .lost("attach: the shim sent a \(frame.kind) frame")
            }
        }
        return nil
    }

    private mutating func queue(_ bytes: [UInt8], for descriptor: Int32) {
        if descriptor == errors, errorsClosed { return }
        target = descriptor
        toUs.set(bytes)
    }

    /// Writes what the descriptor takes now, at most a page: a poll promises no more for a pipe.
    private mutating func writeOutput() throws(Errno) -> Ending? {
        let target = self.target
        do throws(Errno) {
            try toUs.drain(atMost: 4096) { bytes throws(Errno) in try File.writeSome(target, bytes) }
        } catch .again {
            return nil
        } catch {
            toUs.set([])
            // A terminal that is gone says so in many ways; this one may come before its SIGHUP.
            if error == .io, window != nil || keyboard != nil { return .interrupted(Signals.hangUp) }
            if target != errors { return error == .brokenPipe ? .outputClosed : .outputFailed(error) }
            errorsClosed = true
        }
        return nil
    }

    private mutating func readInput() throws(Errno) -> Ending? {
        guard let descriptor = input else { return nil }
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count: Int
        do throws(Errno) {
            count = try File.readChunk(descriptor, &chunk)
        } catch .again {
            return nil
        } catch {
            // A terminal that hung up, or a directory: there will be no more input.
            count = 0
        }
        var frame: [UInt8] = []
        if count == 0, keys != nil { return .interrupted(Signals.hangUp) }
        if count == 0 {
            input = nil
            StdioFrame(.stdinEOF).encode(into: &frame)
        } else if keys != nil, let (passed, detached) = keys?.filter(chunk[..<count]) {
            if !passed.isEmpty { StdioFrame(.stdin, passed).encode(into: &frame) }
            if detached {
                toShim.append(frame)
                leave()
                return .detached
            }
        } else {
            frame.reserveCapacity(count + StdioFrame.headerLength)
            chunk.withUnsafeBytes { bytes in
                StdioFrame.encode(.stdin, UnsafeRawBufferPointer(rebasing: bytes[..<count]), into: &frame)
            }
        }
        toShim.append(frame)
        return nil
    }

    private mutating func exchange(_ events: PollSet.Events) throws(Errno) {
        let shim = self.shim
        if events.contains(.writable) {
            do throws(Errno) {
                try toShim.drain(atMost: .max) { bytes throws(Errno) in try UnixSocket.sendSome(shim, bytes) }
            } catch .again {
            } catch {
                // The container is ending and takes no more input; what it wrote before is still to be read.
                toShim.set([])
                input = nil
            }
        }
        guard toUs.isEmpty, finished == nil, !events.isDisjoint(with: [.readable, .hungUp, .failed]) else { return }
        do throws(Errno) {
            let count = try reader.fill(atLeast: 65536) { room throws(Errno) in
                try UnixSocket.receive(shim, into: room)
            }
            if count == 0 { finished = .lost("attach: the shim closed the connection") }
        } catch .again {
        } catch {
            finished = .lost("attach: \(error)")
        }
    }

    private static func exit(_ bytes: [UInt8]) -> Ending {
        guard let json = try? JSON.parse(bytes), let code = json["exitCode"]?.int else {
            return .lost("attach: the shim's exit frame is malformed")
        }
        if json["started"]?.bool == false, json["error"] == nil {
            return .neverStarted(code: Int32(truncatingIfNeeded: code))
        }
        return .exited(code: Int32(truncatingIfNeeded: code), error: json["error"]?.string)
    }
}
