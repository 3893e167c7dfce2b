import GantrySystem

/// Our ends of a process's standard streams: three pipes, or the master of its terminal.
///
/// Input that comes before there is a process to take it is kept, up to `mostInput`.
struct ProcessIO {
    let isTerminal: Bool
    /// Nil before the start, when the process has no standard input, and once that has been closed.
    private var stdin: SharedDescriptor?
    /// The output, and that of a terminal.
    private(set) var stdout: SharedDescriptor?
    /// The errors. Before the runtime has succeeded, what it writes there itself; a terminal has no other use for it.
    private(set) var stderr: SharedDescriptor?
    private var input = [UInt8]()
    private var written = 0
    private var inputEnded = false
    private var takesInput: Bool
    /// Who owns the process's ends; nil leaves it to the runtime.
    private let owner: UInt32?

    /// The process's ends, to be closed once it has them.
    struct Ends {
        var stdin: SharedDescriptor?
        var stdout: SharedDescriptor
        var stderr: SharedDescriptor

        var descriptors: [Int32] { [stdin?.raw ?? -1, stdout.raw, stderr.raw] }
    }

    /// Beyond so many bytes that the process has not read, clients are not read either.
    static let mostInput = 64 << 10

    /// Nothing is open before `open`.
    init(terminal: Bool, stdin openStdin: Bool, owner: UInt32? = nil) {
        isTerminal = terminal
        self.owner = owner
        takesInput = openStdin || terminal
    }

    /// Makes the pipes: three of the process's own, or one for the words of a runtime that will deliver a terminal.
    mutating func open() throws(Errno) -> Ends {
        let (errorRead, errorWrite) = try File.pipe().split()
        let errors = SharedDescriptor(OwnedDescriptor(errorRead))
        let errorEnd = SharedDescriptor(OwnedDescriptor(errorWrite))
        try File.setNonblocking(errorRead)
        if isTerminal {
            stderr = errors
            return Ends(stdin: nil, stdout: errorEnd, stderr: errorEnd)
        }
        let (outRead, outWrite) = try File.pipe().split()
        let output = SharedDescriptor(OwnedDescriptor(outRead))
        let outEnd = SharedDescriptor(OwnedDescriptor(outWrite))
        try File.setNonblocking(outRead)
        var inputEnd: SharedDescriptor?
        if takesInput {
            let (read, write) = try File.pipe().split()
            inputEnd = SharedDescriptor(OwnedDescriptor(read))
            stdin = SharedDescriptor(OwnedDescriptor(write))
            try File.setNonblocking(write)
        }
        stdout = output
        stderr = errors
        let ends = Ends(stdin: inputEnd, stdout: outEnd, stderr: errorEnd)
        if let owner {
            // A group that is nobody's there would keep the runtime from giving it away as well.
            for descriptor in ends.descriptors where descriptor >= 0 {
                try Path.changeOwner(descriptor: descriptor, uid: owner, gid: owner)
            }
        }
        return ends
    }

    /// Takes the master of the process's terminal, which the runtime has sent.
    mutating func adopt(terminal: SharedDescriptor) {
        try? File.setNonblocking(terminal.raw)
        stdin = terminal
        stdout = terminal
        pump()
    }

    /// The runtime has succeeded: what comes from now on is the process's.
    mutating func started() {
        if isTerminal { stderr = nil }
        pump()
    }

    /// A start that failed: its descriptors are let go, the input that waits is kept for the next attempt.
    mutating func reset() {
        stdin = nil
        stdout = nil
        stderr = nil
    }

    /// Where to wait for room, when there is something to write.
    var waitingInput: Int32 { written < input.count ? stdin?.raw ?? -1 : -1 }
    var inputIsFull: Bool { takesInput && input.count - written >= Self.mostInput }
    var isDrained: Bool { stdout == nil && stderr == nil }

    mutating func feed(_ bytes: [UInt8]) {
        // Whoever writes to a process that reads no more gets what a pipe gives: nothing happens here.
        guard takesInput, !inputEnded else { return }
        input.append(contentsOf: bytes)
        pump()
    }

    /// No more input follows. A terminal does not end with one client's input: another may type on.
    mutating func endInput() {
        if isTerminal { return }
        inputEnded = true
        pump()
    }

    /// Writes what the process takes now; closes after the last byte of an ended input.
    mutating func pump() {
        guard let descriptor = stdin else { return }
        while written < input.count {
            do throws(Errno) {
                written += try Self.writeSome(descriptor.raw, input, from: written)
            } catch .again {
                return
            } catch {
                stopInput()
                return
            }
        }
        input.removeAll(keepingCapacity: input.capacity <= 128 << 10)
        written = 0
        if inputEnded { stopInput() }
    }

    private mutating func stopInput() {
        stdin = nil
        takesInput = false
        input = []
        written = 0
    }

    private static func writeSome(_ fd: Int32, _ bytes: [UInt8], from offset: Int) throws(Errno) -> Int {
        var failure: Errno?
        let count = bytes.withUnsafeBytes { raw -> Int in
            do throws(Errno) {
                return try File.writeSome(fd, UnsafeRawBufferPointer(rebasing: raw[offset...]))
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return count
    }

    /// One read of an output: the bytes, 0 when there are none now. At its end the stream is let go.
    mutating func read(stderr isError: Bool, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let stream = isError ? stderr : stdout else { return 0 }
        do throws(Errno) {
            let count = try File.read(stream.raw, into: buffer)
            if count > 0 { return count }
        } catch .again {
            return 0
        } catch {
            // Falls through: what cannot be read has ended. A terminal that nobody holds open any more says EIO.
        }
        if isError {
            stderr = nil
        } else {
            stdout = nil
            if isTerminal { stopInput() }
        }
        return 0
    }

    /// Lets go of everything: the process has ended.
    mutating func close() {
        stopInput()
        stdout = nil
        stderr = nil
    }
}
