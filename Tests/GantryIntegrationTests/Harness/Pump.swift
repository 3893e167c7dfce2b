import GantrySystem

/// Moves the bytes of one program until both its outputs are closed and it is reaped.
struct Pump: Sendable {
    private let pidfd: Int32
    /// Standard output and standard error; -1 once closed.
    private var outputs: [Int32]
    private var input: Int32 = -1
    private var pending: [UInt8] = []
    private var sent = 0
    private var reaped = false
    private let state: Monitor<Program.State>

    init(pidfd: Int32, out: Int32, err: Int32, state: Monitor<Program.State>) {
        self.pidfd = pidfd
        outputs = [out, err]
        self.state = state
    }

    /// These bytes are what the program reads, and then the end.
    mutating func feed(_ bytes: [UInt8], into descriptor: Int32) {
        pending = bytes
        input = descriptor
        try? File.setNonblocking(descriptor)
    }

    mutating func run() {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while outputs != [-1, -1] || !reaped {
            if sent == pending.count { closeInput() }
            var set = PollSet()
            for fd in outputs { set.add(fd, .readable) }
            set.add(reaped ? -1 : pidfd, .readable)
            set.add(input, .writable)
            guard (try? set.wait()) != nil else { break }
            for side in 0..<2 where outputs[side] >= 0 && set[side] != [] { take(side, &chunk) }
            if set[3] != [] { write() }
            if set[2] != [] { reap() }
        }
        Self.close(pidfd)
        state.with { $0.finished = true }
        state.wakeAll()
    }

    private mutating func take(_ side: Int, _ chunk: inout [UInt8]) {
        let count = (try? File.readChunk(outputs[side], &chunk)) ?? 0
        if count == 0 {
            Self.close(outputs[side])
            outputs[side] = -1
            return
        }
        let bytes = chunk[0..<count]
        state.with { $0.take(bytes, side: side) }
        state.wakeAll()
    }

    private mutating func write() {
        let rest = pending[sent...]
        let wrote = rest.withUnsafeBytes { try? File.writeSome(input, $0) }
        // The pipe was writable, so a failure says that the program has closed its end.
        if let wrote { sent += wrote } else { closeInput() }
    }

    private mutating func reap() {
        guard let status = try? Processes.reap(pidfd: pidfd) else { return }
        reaped = true
        closeInput()
        state.with { $0.status = status.shellCode }
        state.wakeAll()
    }

    private mutating func closeInput() {
        Self.close(input)
        input = -1
    }

    static func close(_ descriptor: Int32) {
        if descriptor >= 0 { _ = OwnedDescriptor(descriptor) }
    }
}
