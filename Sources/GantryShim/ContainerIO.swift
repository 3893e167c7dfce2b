import GantrySystem

/// Our ends of the container's three pipes.
struct ContainerIO {
    /// Nil when the container has no standard input, or it has been closed.
    private var stdin: SharedDescriptor?
    private(set) var stdout: SharedDescriptor?
    private(set) var stderr: SharedDescriptor?
    private var input = [UInt8]()
    private var written = 0
    private var inputEnded = false

    /// The container's ends, to be closed once it has them.
    struct Ends {
        var stdin: SharedDescriptor?
        var stdout: SharedDescriptor
        var stderr: SharedDescriptor

        var descriptors: [Int32] { [stdin?.raw ?? -1, stdout.raw, stderr.raw] }
    }

    /// Beyond so many bytes that the container has not read, clients are not read either.
    static let mostInput = 64 << 10

    static func open(stdin openStdin: Bool) throws(Errno) -> (ContainerIO, Ends) {
        let (outRead, outWrite) = try File.pipe().split()
        let output = SharedDescriptor(OwnedDescriptor(outRead))
        let outEnd = SharedDescriptor(OwnedDescriptor(outWrite))
        let (errorRead, errorWrite) = try File.pipe().split()
        let errors = SharedDescriptor(OwnedDescriptor(errorRead))
        let errorEnd = SharedDescriptor(OwnedDescriptor(errorWrite))
        var input: SharedDescriptor?
        var inputEnd: SharedDescriptor?
        if openStdin {
            let (read, write) = try File.pipe().split()
            inputEnd = SharedDescriptor(OwnedDescriptor(read))
            input = SharedDescriptor(OwnedDescriptor(write))
            try File.setNonblocking(write)
        }
        try File.setNonblocking(outRead)
        try File.setNonblocking(errorRead)
        return (
            ContainerIO(stdin: input, stdout: output, stderr: errors),
            Ends(stdin: inputEnd, stdout: outEnd, stderr: errorEnd)
        )
    }

    private init(stdin: SharedDescriptor?, stdout: SharedDescriptor, stderr: SharedDescriptor) {
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
    }

    /// Where to wait for room, when there is something to write.
    var waitingInput: Int32 { written < input.count ? stdin?.raw ?? -1 : -1 }
    var inputIsFull: Bool { stdin != nil && input.count - written >= Self.mostInput }
    var isDrained: Bool { stdout == nil && stderr == nil }

    mutating func feed(_ bytes: [UInt8]) {
        // Whoever writes to a container that reads no more gets what a pipe gives: nothing happens here.
        guard stdin != nil, !inputEnded else { return }
        input.append(contentsOf: bytes)
        pump()
    }

    mutating func endInput() {
        inputEnded = true
        pump()
    }

    /// Writes what the container takes now; closes after the last byte of an ended input.
    mutating func pump() {
        guard let pipe = stdin else { return }
        while written < input.count {
            do throws(Errno) {
                written += try Self.writeSome(pipe.raw, input, from: written)
            } catch .again {
                return
            } catch {
                stdin = nil
                break
            }
        }
        input.removeAll(keepingCapacity: input.capacity <= 128 << 10)
        written = 0
        if inputEnded { stdin = nil }
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

    /// One read of an output: the bytes, 0 when there are none now. At its end the pipe is let go.
    mutating func read(stderr isError: Bool, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let pipe = isError ? stderr : stdout else { return 0 }
        do throws(Errno) {
            let count = try File.read(pipe.raw, into: buffer)
            if count > 0 { return count }
        } catch .again {
            return 0
        } catch {
            // Falls through: a pipe that cannot be read has ended.
        }
        close(stderr: isError)
        return 0
    }

    mutating func close(stderr isError: Bool) {
        if isError { stderr = nil } else { stdout = nil }
    }
}
