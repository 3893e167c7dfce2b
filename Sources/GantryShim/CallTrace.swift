import GantrySystem
import GantryWire

/// The listener of a container that is run with `--trace-seccomp`: its filter asks before it refuses a call; the answer is
/// always the refusal that it would have given by itself, and the call is counted.
///
/// ```
/// runtime ──connects, sends the listener──▶ socket          container: mount(2) ──▶ filter ──asks──▶ listener
///                                                                        EPERM ◀────────────────────┘
/// ```
///
/// Source: seccomp_unotify(2); OCI runtime-spec v1.0.2, config-linux.md, "seccomp listenerPath".
struct CallTrace {
    private let socket: SharedDescriptor
    /// The filter as it would be without us.
    private let program: FilterProgram
    /// Runtimes that have a listener to send: one at the start, and one for each executed process.
    private var senders: [SharedDescriptor] = []
    private var listeners: [SharedDescriptor] = []
    private(set) var calls: [RefusedCall] = []

    /// More than any program has reason for; what comes beyond is refused and not told apart.
    private static let most = 64

    /// - Parameters:
    ///   - socket: where the runtime connects; bound by now.
    ///   - program: the filter, an array of `struct sock_filter`.
    init(socket: String, program: [UInt8]) throws(Errno) {
        try? Path.unlink(socket)
        let bound = try UnixSocket.listen(socket, mode: 0o600)
        try File.setNonblocking(bound.raw)
        self.socket = SharedDescriptor(bound)
        self.program = FilterProgram(program)
    }

    /// To be polled for reading, in this order.
    var descriptors: [Int32] { [socket.raw] + senders.map(\.raw) + listeners.map(\.raw) }

    /// Serves what is ready. `events` are those of `descriptors`, of the same moment.
    mutating func serve(_ events: [PollSet.Events]) {
        guard events.count == 1 + senders.count + listeners.count else { return }
        let senderEvents = events[1..<1 + senders.count]
        let listenerEvents = events[(1 + senders.count)...]
        var stays: [SharedDescriptor] = []
        for (listener, events) in zip(listeners, listenerEvents) {
            if events.contains(.readable) { answer(listener.raw) }
            // Nobody is left whom it could ask about.
            if events.isDisjoint(with: [.hungUp, .failed]) { stays.append(listener) }
        }
        listeners = stays
        var waits: [SharedDescriptor] = []
        for (sender, events) in zip(senders, senderEvents) {
            if events.isEmpty {
                waits.append(sender)
            } else if let sent = try? UnixSocket.receiveDescriptors(sender.raw, most: 1).first {
                listeners.append(SharedDescriptor(OwnedDescriptor(sent)))
            }
        }
        senders = waits
        if !events[0].isEmpty, let sender = try? UnixSocket.accept(socket.raw) {
            senders.append(SharedDescriptor(sender))
        }
    }

    private mutating func answer(_ listener: Int32) {
        guard let call = try? HeldCall.take(listener) else { return }
        var errno: Int32 = 1
        if case .errno(let code) = program.verdict(call.number, architecture: call.architecture, call.arguments) {
            errno = code
        }
        // Counted first: with the answer the process goes on, and may end before we come to it again.
        count(call, errno)
        try? call.refuse(listener, with: Errno(errno))
    }

    private mutating func count(_ call: HeldCall, _ errno: Int32) {
        let known = calls.firstIndex {
            $0.number == call.number && $0.architecture == call.architecture && $0.errno == errno
        }
        if let known {
            calls[known].count += 1
            return
        }
        guard calls.count < Self.most else { return }
        let name = (try? File.contents("/proc/\(call.pid)/comm", limit: 64)) ?? []
        calls.append(
            RefusedCall(
                number: call.number, architecture: call.architecture, errno: errno,
                command: String(decoding: name.prefix { $0 != 10 }, as: UTF8.self)))
    }
}
