import GantrySystem

/// The program `gantry-init`: `gantry-init -- PROGRAM [ARGUMENT…]`, the first process of a container that wants one.
///
/// It starts the program, passes every signal on to it, reaps whatever is left to it, and ends with the program's
/// status. As the first process of a PID namespace a program would have to reap orphans, and would not die of signals
/// that it has no handler for; most programs expect neither.
///
/// It is the shim's own file under another name: its pages are in memory already.
package enum InitMain {
    package static let name = "gantry-init"

    /// The exit status: the program's, 128 and a signal's number, or 126 or 127 when it cannot be started.
    static func run(_ arguments: [String]) -> Int32 {
        let arguments = Array(arguments.dropFirst(arguments.dropFirst().first == "--" ? 2 : 1))
        guard !arguments.isEmpty else {
            complain("usage: gantry-init -- PROGRAM [ARGUMENT...]")
            return 125
        }
        Processes.setName(name)
        // Before there is a child: what arrives from now on is passed on to it once it is there.
        Signals.blockAll()
        // With another PID namespace than its own, orphans would pass it by.
        if Processes.current != 1 { try? Processes.becomeSubreaper() }
        do throws(Errno) {
            return serve(try start(arguments))
        } catch {
            complain("exec '\(arguments[0])': \(error.reason)")
            return error == .noEntry || error == .notDirectory ? 127 : 126
        }
    }

    /// Starts the program, which is looked for as execvp(3) does.
    private static func start(_ arguments: [String]) throws(Errno) -> Child {
        let environment = Host.environment
        var failure = Errno.noEntry
        for path in candidates(arguments[0]) {
            var spawn = Spawn(path, arguments, environment: environment, descriptors: [0, 1, 2])
            spawn.foreground = true
            do throws(Errno) {
                return try spawn.start()
            } catch {
                // One that may not be executed is remembered; another directory may have one that may.
                if error == .noEntry || error == .notDirectory { continue }
                failure = error
                if error != .access { break }
            }
        }
        throw failure
    }

    private static func candidates(_ program: String) -> [String] {
        if program.contains("/") { return [program] }
        let path = Host.variable("PATH") ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return path.split(separator: ":", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? program : "\($0)/\(program)" }
    }

    private static func serve(_ child: consuming Child) -> Int32 {
        let pid = child.pid
        let descriptor = child.takeDescriptor()
        while true {
            let signal = Signals.next()
            if signal == Signals.child {
                if let status = reap(until: pid) { return status.shellCode }
            } else if signal > 0 {
                try? Processes.signal(pidfd: descriptor.raw, signal)
            }
        }
    }

    /// Reaps whatever has ended; the program's status when it was among them.
    private static func reap(until pid: Int32) -> ExitStatus? {
        var own: ExitStatus?
        while let ended = try? Processes.reapAny() {
            if ended.pid == pid { own = ended.status }
        }
        return own
    }

    private static func complain(_ text: String) { try? File.write(2, "gantry-init: \(text)\n") }
}
