package import GantrySystem
package import GantryWire

/// One container's keeper: subreaper and only waiter of its processes, owner of its stdio, writer of its log.
///
/// Everything happens in one loop over poll(2) on one thread; the container and its clients decide the pace, the daemon
/// is needed only to be told of the end. Files of the same name with a `+` hold the verbs.
package final class Shim {
    let task: TaskFile
    let listener: OwnedDescriptor
    let signals: SignalReader
    var lifecycle = ShimLifecycle()
    var io: ContainerIO?
    var log: LogWriter?
    var clients = [ShimClient]()
    /// Who asked for the start and waits for its outcome.
    var starter: (client: ShimClient, request: RequestID)?
    /// When output has to end after the container did, on the monotonic clock.
    var drainDeadline: Int64?
    var exit: ExitRecord?
    var report: DaemonReport
    /// When the runtime's clean-up begins at the latest, on the monotonic clock; nil before the exit and once it has begun.
    var deleteDeadline: Int64?
    /// The runtime's clean-up: nil before the exit, false while it runs.
    var runtimeDeleted: Bool?
    var runtimeDelete: Int32 = 0
    var leaving = false
    /// A client said that input ends before there was a container to hear it.
    var inputEndedEarly = false
    var endStatus = ExitStatus.exited(0)
    /// Nanoseconds since 1970.
    var endedAt: Int64 = 0
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 << 10, alignment: 16)

    /// Beyond so many queued bytes the foreground client holds the container back, and any other has lagged.
    static let mostQueued = 1 << 20

    package init(task: TaskFile, listener: consuming OwnedDescriptor) throws(Errno) {
        self.task = task
        self.listener = listener
        signals = try SignalReader([
            Signals.child, Signals.terminate, Signals.interrupt, Signals.hangUp, Signals.pipe, Signals.quit,
        ])
        report = DaemonReport(socket: task.daemonSocket, task: task, exit: nil)
        try Processes.becomeSubreaper()
        try File.setNonblocking(self.listener.raw)
    }

    deinit { buffer.deallocate() }

    /// Serves until the container has ended, the daemon knows, and every client has its bytes.
    package func run() {
        var set = PollSet()
        while !mayLeave {
            set.removeAll()
            let signal = set.add(signals.raw, .readable)
            let accept = set.add(listener.raw, .readable)
            let daemon = set.add(report.descriptor, .readable)
            let input = set.add(io?.waitingInput ?? -1, .writable)
            let output = set.add(mayRead ? io?.stdout?.raw ?? -1 : -1, .readable)
            let errors = set.add(mayRead ? io?.stderr?.raw ?? -1 : -1, .readable)
            let first = set.count
            let held = io?.inputIsFull ?? false
            let polled = clients
            for client in polled {
                var events: PollSet.Events = held && client.attachment?.stdin == true ? [] : .readable
                if client.queued > 0 { events.insert(.writable) }
                set.add(client.socket.raw, events)
            }
            _ = try? set.wait(milliseconds: timeout)

            if !set[output].isEmpty { read(stderr: false) }
            if !set[errors].isEmpty { read(stderr: true) }
            if !set[signal].isEmpty { reapAll() }
            if !set[input].isEmpty { io?.pump() }
            for (index, client) in polled.enumerated() where !set[first + index].isEmpty {
                serve(client, set[first + index])
            }
            if !set[accept].isEmpty { acceptClients() }
            if !set[daemon].isEmpty || report.deadline != nil { report.advance() }
            if case .draining = lifecycle.state { drain() }
            cleanUp()
            sweepClients()
        }
    }

    /// Output is left in its pipes until the start is known to have succeeded (a runtime that fails writes its own
    /// words there), and while the foreground client is behind.
    private var mayRead: Bool {
        if case .starting = lifecycle.state { return false }
        return !clients.contains { $0.attachment?.exclusive == true && $0.queued > Self.mostQueued }
    }

    private var timeout: Int32? {
        let deadlines = [drainDeadline, deleteDeadline, report.deadline].compactMap { $0 }
        guard let next = deadlines.min() else { return nil }
        return Int32(clamping: max(0, (next - Clock.monotonic + 999_999) / 1_000_000))
    }

    private var mayLeave: Bool {
        if clients.contains(where: { $0.queued > 0 }) { return false }
        if leaving { return true }
        guard exit != nil, runtimeDeleted == true else { return false }
        // A task directory that is gone was removed by a daemon that has finished with this container.
        return report.isAcknowledged || !Path.exists(task.directory)
    }

    private func acceptClients() {
        while let socket = try? UnixSocket.accept(listener.raw) {
            try? File.setNonblocking(socket.raw)
            clients.append(ShimClient(socket))
        }
    }

    /// One read from an output to the log and to those who are attached. The count.
    @discardableResult
    func read(stderr isError: Bool) -> Int {
        let count = io?.read(stderr: isError, into: buffer) ?? 0
        if count == 0 { return 0 }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[0..<count])
        // Clients first: they wait for it; the log's write may wait for the disk.
        for client in clients {
            guard let attachment = client.attachment, isError ? attachment.stderr : attachment.stdout else { continue }
            client.queue(isError ? .stderr : .stdout, bytes)
            if !client.flush() { client.closing = true }
        }
        log?.append(bytes, stderr: isError)
        return count
    }

    private func sweepClients() {
        clients.removeAll { client in
            if client.queued > Self.mostQueued, let attachment = client.attachment, !attachment.exclusive,
                !client.closing
            {
                client.discardQueue()
                client.queue(StdioFrame(.lagged))
                client.closing = true
            }
            return client.closing && (client.queued == 0 || !client.flush())
        }
    }
}
