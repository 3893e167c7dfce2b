package import GantrySystem
package import GantryWire

/// One container's keeper: subreaper and only waiter of its processes, owner of their stdio, writer of its log.
///
/// Everything happens in one loop over poll(2) on one thread; the container and its clients decide the pace, the daemon
/// is needed only to be told of the end. Files of the same name with a `+` hold the verbs.
package final class Shim {
    let task: TaskFile
    let listener: OwnedDescriptor
    let signals: SignalReader
    /// The container's first process.
    let container: KeptProcess
    /// Processes executed in it: prepared, running, and ended a while ago.
    var execs = [KeptProcess]()
    var log: LogWriter?
    var clients = [ShimClient]()
    /// How the container ended, once it has.
    var exit: ExitRecord? { container.exit }
    var report: DaemonReport
    /// The out-of-memory killer at work, while the container runs.
    var memory: MemoryWatch?
    /// What the kernel had counted when the container's first process ended.
    var counters = CgroupCounters()
    /// What the daemon is told of it. Its exit record says so too: nothing waits for this.
    var notice = DaemonReport()
    /// The filter of system calls that asks, when it does.
    var trace: CallTrace?
    /// When the runtime's clean-up begins at the latest, on the monotonic clock; nil before the exit and once it has begun.
    var deleteDeadline: Int64?
    /// The runtime's clean-up: nil before the exit, false while it runs.
    var runtimeDeleted: Bool?
    var runtimeDelete: Int32 = 0
    var leaving = false
    /// When clients that are behind are waited for no longer.
    private var lingerDeadline: Int64?
    /// Numbers the files of executed processes.
    var execCount = 0
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 << 10, alignment: 16)

    /// Beyond so many queued bytes the foreground client holds the container back, and any other has lagged.
    static let mostQueued = 1 << 20

    package init(task: TaskFile, listener: consuming OwnedDescriptor) throws(Errno) {
        self.task = task
        self.listener = listener
        container = KeptProcess(nil, terminal: task.terminal, openStdin: task.openStdin, streamOwner: task.streamOwner)
        signals = try SignalReader([
            Signals.child, Signals.terminate, Signals.interrupt, Signals.hangUp, Signals.pipe, Signals.quit,
        ])
        report = DaemonReport()
        try Processes.becomeSubreaper()
        try File.setNonblocking(self.listener.raw)
    }

    deinit { buffer.deallocate() }

    /// Everybody whose streams are ours, the container's first process first.
    var processes: [KeptProcess] { [container] + execs }

    /// Serves until the container has ended, the daemon knows, and every client has its bytes.
    package func run() {
        var set = PollSet()
        while !mayLeave {
            set.removeAll()
            let signal = set.add(signals.raw, .readable)
            let accept = set.add(listener.raw, .readable)
            let daemon = set.add(report.descriptor, .readable)
            let outOfMemory = set.add(memory?.raw ?? -1, .readable)
            let noticed = set.add(notice.descriptor, .readable)
            let asked = set.count
            for descriptor in trace?.descriptors ?? [] { set.add(descriptor, .readable) }
            let kept = processes
            let streams = set.count
            for process in kept { poll(process, &set) }
            let first = set.count
            let polled = clients
            for client in polled {
                let held = client.attachment.map { $0.stdin && $0.process.io.inputIsFull } ?? false
                var events: PollSet.Events = held ? [] : .readable
                if client.queued > 0 { events.insert(.writable) }
                set.add(client.socket.raw, events)
            }
            _ = try? set.wait(milliseconds: timeout)

            for (index, process) in kept.enumerated() { move(process, set, at: streams + index * Self.streamCount) }
            if trace != nil { trace?.serve((asked..<streams).map { set[$0] }) }
            if !set[signal].isEmpty { reapAll() }
            for (index, client) in polled.enumerated() where !set[first + index].isEmpty {
                serve(client, set[first + index])
            }
            if !set[accept].isEmpty { acceptClients() }
            if !set[daemon].isEmpty || report.deadline != nil { report.advance() }
            watchMemory(rung: !set[outOfMemory].isEmpty)
            if !set[noticed].isEmpty || notice.deadline != nil { notice.advance() }
            for process in processes where process.isDraining { drain(process) }
            tendExecs()
            cleanUp()
            sweepClients()
        }
    }

    /// Descriptors of a process in the set: output, errors, room for input, console.
    private static let streamCount = 4

    private func poll(_ process: KeptProcess, _ set: inout PollSet) {
        let (output, errors) = mayRead(process)
        set.add(output ? process.io.stdout?.raw ?? -1 : -1, .readable)
        set.add(errors ? process.io.stderr?.raw ?? -1 : -1, .readable)
        set.add(process.io.waitingInput, .writable)
        set.add(process.console?.descriptor ?? -1, .readable)
    }

    private func move(_ process: KeptProcess, _ set: PollSet, at index: Int) {
        if !set[index].isEmpty { read(process, stderr: false) }
        if !set[index + 1].isEmpty { read(process, stderr: true) }
        if !set[index + 2].isEmpty { process.io.pump() }
        if !set[index + 3].isEmpty { process.receiveTerminal() }
    }

    /// Output is left in its pipes until the start is known to have succeeded (a runtime that fails writes its own
    /// words there; a terminal has the process's only), and while the foreground client is behind.
    private func mayRead(_ process: KeptProcess) -> (output: Bool, errors: Bool) {
        let behind = clients.contains { client in
            guard let attachment = client.attachment, attachment.exclusive, attachment.process === process else {
                return false
            }
            return client.queued > Self.mostQueued
        }
        if behind { return (false, false) }
        if case .starting = process.lifecycle.state { return (process.io.isTerminal, false) }
        return (true, true)
    }

    private var timeout: Int32? {
        var next =
            [deleteDeadline, report.deadline, notice.deadline, memory?.deadline, lingerDeadline].compactMap { $0 }.min()
            ?? Int64.max
        for process in processes { next = min(next, process.deadline ?? Int64.max) }
        if next == Int64.max { return nil }
        return Int32(clamping: max(0, (next - Clock.monotonic + 999_999) / 1_000_000))
    }

    private func watchMemory(rung: Bool) {
        guard exit == nil, rung || memory?.deadline != nil else { return }
        if memory?.look(rung: rung) == true { notice = DaemonReport("tasks.oom", of: task) }
    }

    private var mayLeave: Bool {
        guard isDone else { return false }
        let behind = clients.filter { $0.queued > 0 }
        if behind.isEmpty { return true }
        // A foreground client gets every byte, even one that was suspended for an hour. Nobody else keeps a container
        // that has ended.
        if behind.contains(where: { $0.attachment?.exclusive == true }) { return false }
        let deadline = lingerDeadline ?? Clock.monotonic + Self.lingerTime
        lingerDeadline = deadline
        return Clock.monotonic >= deadline
    }

    /// Nanoseconds that clients which are not in the foreground get to read the last words.
    private static let lingerTime: Int64 = 5_000_000_000

    /// Whether there is nothing left to do but to tell clients.
    private var isDone: Bool {
        if leaving { return true }
        guard exit != nil, runtimeDeleted == true, !execs.contains(where: \.isDraining) else { return false }
        // A task directory that is gone was removed by a daemon that has finished with this container.
        return report.isAcknowledged || !Path.exists(task.directory)
    }

    private func acceptClients() {
        while let socket = try? UnixSocket.accept(listener.raw) {
            try? File.setNonblocking(socket.raw)
            clients.append(ShimClient(socket))
        }
    }

    /// One read from an output to those who are attached, and from the container's also to the log. The count.
    @discardableResult
    func read(_ process: KeptProcess, stderr isError: Bool) -> Int {
        let count = process.io.read(stderr: isError, into: buffer)
        if count == 0 { return 0 }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[0..<count])
        // Clients first: they wait for it; the log's write may wait for the disk.
        for client in clients {
            guard let attachment = client.attachment, attachment.process === process,
                isError ? attachment.stderr : attachment.stdout
            else { continue }
            client.queue(isError ? .stderr : .stdout, bytes)
            if !client.flush() { client.closing = true }
        }
        if process === container { log?.append(bytes, stderr: isError) }
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
