internal import CLinux

/// How a process ended.
package enum ExitStatus: Sendable, Equatable {
    case exited(Int32)
    case signalled(Int32, dumped: Bool)

    /// What a shell would put into `$?`: the status, or 128 + the signal.
    package var shellCode: Int32 {
        switch self {
        case .exited(let status): status
        case .signalled(let signal, _): 128 + signal
        }
    }

    init(_ raw: cl_exit) {
        self = raw.code == 1 ? .exited(raw.status) : .signalled(raw.status, dumped: raw.code == 3)
    }
}

/// A program to start. Descriptor i of the child is `descriptors[i]` (-1: the null device); all others are closed.
package struct Spawn: Sendable {
    package var path: String
    /// With the program's name first.
    package var arguments: [String]
    package var environment: [String]
    package var descriptors: [Int32]
    /// setsid(2): no controlling terminal, not hit by signals to our group.
    package var newSession = false
    /// A process group of its own, and in front of the terminal when descriptor 0 is one.
    package var foreground = false
    package var directory: String?
    /// The signal it gets when the thread that started it ends; 0 for none. Its own children do not get it.
    package var deathSignal: Int32 = 0

    package init(
        _ path: String, _ arguments: [String], environment: [String] = [], descriptors: [Int32] = [-1, -1, -1]
    ) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.descriptors = descriptors
    }

    /// Starts it with default signals and an empty mask, without copying this process's memory. Fails with the errno of
    /// the step that failed, execve(2) included. Cost: about 0.4 ms for a small static program.
    package func start() throws(Errno) -> Child {
        var pidfd: Int32 = -1
        let result = withCStrings(arguments) { argv in
            withCStrings(environment) { envp in
                path.withCString { path in
                    descriptors.withUnsafeBufferPointer { fds in
                        withOptionalCString(directory) { directory in
                            var raw = cl_program(
                                path: path, argv: argv, envp: envp, fds: fds.baseAddress, fd_count: Int32(fds.count),
                                new_session: newSession ? 1 : 0, directory: directory,
                                foreground: foreground ? 1 : 0, death_signal: deathSignal)
                            return cl_spawn(&raw, &pidfd)
                        }
                    }
                }
            }
        }
        let pid = try check(result)
        return Child(pid: pid, descriptor: OwnedDescriptor(pidfd))
    }

    /// Replaces this process.
    package func execute() throws(Errno) -> Never {
        let result = withCStrings(arguments) { argv in
            withCStrings(environment) { envp in cl_execve(path, argv, envp) }
        }
        throw Errno(-result)
    }
}

/// A process of ours that has not been reaped, with its pidfd.
package struct Child: ~Copyable, Sendable {
    package let pid: Int32
    package let descriptor: OwnedDescriptor

    package init(pid: Int32, descriptor: consuming OwnedDescriptor) {
        self.pid = pid
        self.descriptor = descriptor
    }

    /// Waits for the end and reaps.
    package borrowing func wait() throws(Errno) -> ExitStatus {
        try Processes.wait(pidfd: descriptor.raw)
    }
    package consuming func takeDescriptor() -> OwnedDescriptor { descriptor }
}

/// Processes by pid and pidfd.
package enum Processes {
    package static var current: Int32 { cl_getpid() }
    package static var parent: Int32 { cl_getppid() }
    package static var effectiveUser: UInt32 { cl_geteuid() }
    package static var effectiveGroup: UInt32 { cl_getegid() }
    package static var count: Int { max(1, Int(cl_processors())) }
    package static var memoryBytes: Int64 { cl_memory_bytes() }

    /// A handle that cannot come to mean another process; ESRCH when it is gone.
    package static func open(_ pid: Int32) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(try check(cl_pidfd_open(pid)))
    }
    package static func signal(pidfd: Int32, _ signal: Int32) throws(Errno) {
        try check(cl_pidfd_send_signal(pidfd, signal))
    }
    package static func signal(pid: Int32, _ signal: Int32) throws(Errno) { try check(cl_kill(pid, signal)) }
    /// Waits for a child's end and reaps it.
    package static func wait(pidfd: Int32) throws(Errno) -> ExitStatus {
        var raw = cl_exit()
        try check(cl_wait_pidfd(pidfd, 0, &raw))
        return ExitStatus(raw)
    }
    /// Reaps a child that has ended; nil while it runs.
    package static func reap(pidfd: Int32) throws(Errno) -> ExitStatus? {
        var raw = cl_exit()
        return try check(cl_wait_pidfd(pidfd, 1, &raw)) == 1 ? ExitStatus(raw) : nil
    }
    /// Any child that has ended; nil when none has. ECHILD when there are none at all.
    package static func reapAny() throws(Errno) -> (pid: Int32, status: ExitStatus)? {
        var raw = cl_exit()
        return try check(cl_wait_any(&raw)) == 1 ? (raw.pid, ExitStatus(raw)) : nil
    }
    /// Orphans among the descendants become children of this process.
    package static func becomeSubreaper() throws(Errno) { try check(cl_set_subreaper()) }
    package static func setName(_ name: String) { _ = cl_set_name(name) }
    package static func exit(_ status: Int32) -> Never { cl_exit(status) }
    /// Gives freed memory back to the kernel (malloc_trim).
    package static func trimMemory() { cl_trim_memory() }
    /// The same, and the program's own pages leave this process's memory; those that are needed again come back from the
    /// file, at a minor fault each. For a process that will wait for hours. Cost: some 100 µs.
    package static func giveMemoryBack() {
        cl_trim_memory()
        cl_forget_text()
    }

    /// Field 22 of /proc/PID/stat: with the pid and the boot id it names a process for ever. Clock ticks since boot.
    package static func startTime(_ pid: Int32) throws(Errno) -> UInt64 {
        let text = try File.contents("/proc/\(pid)/stat")
        // The name in parentheses may hold anything; the fields count from its last parenthesis.
        guard let close = text.lastIndex(of: UInt8(ascii: ")")) else { throw .noProcess }
        var blanks = 0
        var time: UInt64?
        for byte in text[close...] {
            if byte == UInt8(ascii: " ") {
                blanks += 1
                if blanks > 20 { break }
            } else if blanks == 20, (0x30...0x39).contains(byte) {
                time = (time ?? 0) &* 10 &+ UInt64(byte - 0x30)
            }
        }
        guard let time else { throw .noProcess }
        return time
    }
    /// Of /proc/PID/stat: R, S, D, Z …; nil when there is no such process.
    package static func state(_ pid: Int32) -> Character? {
        guard let bytes = try? File.contents("/proc/\(pid)/stat") else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let close = text.lastIndex(of: ")") else { return nil }
        return text[text.index(after: close)...].first { $0 != " " }
    }
    /// Changes with every boot of the machine.
    package static func bootID() -> String {
        let bytes = (try? File.contents("/proc/sys/kernel/random/boot_id")) ?? []
        return String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
    }

    package struct Limit: Sendable, Equatable {
        package var soft: UInt64
        package var hard: UInt64
        package init(soft: UInt64, hard: UInt64) {
            self.soft = soft
            self.hard = hard
        }
    }
    /// RLIMIT_… by number.
    package static func limit(_ resource: Int32) throws(Errno) -> Limit {
        var limit = Limit(soft: 0, hard: 0)
        try check(cl_getrlimit(resource, &limit.soft, &limit.hard))
        return limit
    }
    package static func setLimit(_ resource: Int32, _ limit: Limit) throws(Errno) {
        try check(cl_setrlimit(resource, limit.soft, limit.hard))
    }
    package static let openFiles: Int32 = 7
}

/// Addresses of the Internet protocols.
package enum InternetAddress {
    /// Whether the text is an IPv4 or IPv6 address, without brackets or a port. Source: inet_pton(3).
    package static func isValid(_ text: String) -> Bool { !text.utf8.contains(0) && cl_is_address(text) == 1 }
}

/// This process's environment and the machine's name.
package enum Host {
    package static var environment: [String] {
        var result = [String]()
        guard var entry = cl_environ() else { return [] }
        while let text = entry.pointee {
            result.append(String(cString: text))
            entry += 1
        }
        return result
    }
    package static func variable(_ name: String) -> String? {
        let prefix = name + "="
        for entry in environment where entry.hasPrefix(prefix) { return String(entry.dropFirst(prefix.count)) }
        return nil
    }
    package struct Name: Sendable {
        package var system: String
        package var release: String
        package var machine: String
        package var node: String
    }
    package static func name() -> Name {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4 * 66) { buffer in
            buffer.initialize(repeating: 0)
            let base = buffer.baseAddress!
            _ = cl_uname(base, base + 66, base + 132, base + 198)
            return Name(
                system: String(cString: base), release: String(cString: base + 66),
                machine: String(cString: base + 132), node: String(cString: base + 198))
        }
    }
}
