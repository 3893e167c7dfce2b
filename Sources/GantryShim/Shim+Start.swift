import GantrySystem
import GantryWire

/// Starting processes: one call of the runtime each, which creates and starts, because nothing lies between the two.
extension Shim {
    /// - Parameter params: `checkpoint`, the directory to go on from, when there is one.
    func start(_ client: ShimClient, _ id: RequestID, _ params: JSONObject) {
        guard container.lifecycle.state == .idle, exit == nil else {
            return answer(client, id, ErrorBody(.failedPrecondition, "start '\(task.id)': it was started before"))
        }
        do throws(Errno) {
            if let target = task.log, log == nil { log = try LogWriter.open(target) }
            if let socket = task.trapSocket, trace == nil {
                trace = try CallTrace(
                    socket: socket, program: File.contents(task.directory + "/seccomp.bpf", limit: 1 << 20))
            }
            var verb = ["run", "--detach", "--bundle", task.bundle]
            if let checkpoint = params["checkpoint"]?.string {
                verb[0] = "restore"
                verb += [
                    "--image-path", checkpoint, "--work-path", task.directory + "/criu", "--file-locks",
                    "--ext-unix-sk",
                ]
            }
            try launch(container, verb)
            container.starter = (client, id)
        } catch {
            answer(client, id, ErrorBody(.notFound, "start '\(task.runtime)': \(error)"))
        }
    }

    /// Opens the process's streams and calls the runtime with `verb` and the container's id. Names of files are
    /// relative to the task's directory, where we and the runtime work.
    func launch(_ process: KeptProcess, _ verb: [String]) throws(Errno) {
        var verb = verb
        do throws(Errno) {
            let ends = try process.io.open()
            if process.io.isTerminal {
                let name = files(of: process) + "console"
                process.console = try ConsoleSocket(name: name)
                verb += ["--console-socket", name]
            }
            // Whole: crun goes elsewhere to make the devices of a user namespace, and writes it there.
            verb += ["--pid-file", pidFile(of: process)]
            var spawn = Spawn(runtime, runtimeArguments(verb, log: files(of: process) + "runtime.log"))
            spawn.environment = Self.environment
            spawn.descriptors = ends.descriptors
            spawn.directory = task.bundle
            // A runtime that hangs is ended by ending its shim; what it has made is found by the container's cgroup.
            spawn.deathSignal = Signals.kill
            process.lifecycle.start(runtime: try spawn.start().pid)
            if process === container { FailurePoint.shimStarting.reach() } else { FailurePoint.shimExec.reach() }
        } catch {
            process.io.reset()
            process.closeConsole()
            throw error
        }
    }

    /// What the names of a process's files in the task's directory begin with.
    func files(of process: KeptProcess) -> String { process.exec == nil ? "" : "exec-\(process.number)-" }

    private func pidFile(of process: KeptProcess) -> String { task.directory + "/" + files(of: process) + "pid" }

    private static let environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]

    /// What is executed as the runtime.
    private var runtime: String { SealedProgram.path(ShimMain.programDescriptor) ?? task.runtime }

    private func runtimeArguments(_ verb: [String], log: String) -> [String] {
        [task.runtime] + task.runtimeOptions + ["--log", task.bundle + "/" + log, "--log-format", "json"] + verb
            + [task.id]
    }

    func reapAll() {
        while signals.next() != nil {}
        while let (pid, status) = (try? Processes.reapAny()) ?? nil {
            if pid == runtimeDelete {
                runtimeDeleted = true
                FailurePoint.shimDeleted.reach()
                continue
            }
            for process in processes {
                switch process.lifecycle.reaped(pid, status) {
                case .runtimeFinished(let status): startFinished(process, status)
                case .processEnded(let status):
                    process.endedPID = pid
                    ended(process, status)
                case .other: continue
                }
                break
            }
        }
    }

    private func startFinished(_ process: KeptProcess, _ status: ExitStatus) {
        let text = (try? File.contents(pidFile(of: process))).map { String(decoding: $0, as: UTF8.self) } ?? ""
        // The runtime sends the terminal before it ends; it may have come together with the news of its end.
        process.receiveTerminal()
        process.closeConsole()
        defer { if process.exec != nil { removeFiles(of: process) } }
        guard status == .exited(0), let pid = Int32(text.filter { $0.isNumber }) else {
            process.lifecycle.failed()
            let words = runtimeWords(process, status)
            process.io.reset()
            return startFailed(process, words)
        }
        if process === container { FailurePoint.shimStarted.reach() }
        process.io.started()
        let early = process.lifecycle.started(pid)
        if let starter = process.starter { answer(starter.client, starter.request, ["pid": .int(Int64(pid))]) }
        process.starter = nil
        if process === container { Processes.giveMemoryBack() }
        if process === container, early == nil { memory = MemoryWatch(task.cgroups) }
        if let early {
            process.endedPID = pid
            ended(process, early)
        }
        // Its client went away, or its container ended, while the runtime was at work.
        if process.hungUp { process.hangUp() }
        if process.exec != nil, container.pid == nil { process.signalGroup(Signals.kill) }
    }

    private func startFailed(_ process: KeptProcess, _ words: String) {
        if process.exec != nil { return execFailed(process, words) }
        if let starter = process.starter {
            answer(
                starter.client, starter.request, ErrorBody(.failedPrecondition, "start '\(task.id)': \(words)"))
        }
        process.starter = nil
    }

    /// The last error in the runtime's log, or else how it ended and what it wrote to its standard error.
    private func runtimeWords(_ process: KeptProcess, _ status: ExitStatus) -> String {
        let log = task.directory + "/" + files(of: process) + "runtime.log"
        let bytes = (try? File.contents(log, limit: 1 << 20)) ?? []
        if let message = RuntimeLog.lastMessage(bytes) { return message }
        let said = errorOutput(process)
        let end =
            switch status {
            case .exited(let code): "the runtime '\(task.runtime)' ended with status \(code)"
            case .signalled(let signal, _): "the runtime '\(task.runtime)' was ended by signal \(signal)"
            }
        return said.isEmpty ? "\(end) and no message" : "\(end): \(said)"
    }

    /// What waits in the process's standard error, which was the runtime's until it had a process: a line of at most a
    /// kilobyte.
    private func errorOutput(_ process: KeptProcess) -> String {
        var words = [UInt8](repeating: 0, count: 1024)
        let count = words.withUnsafeMutableBytes { process.io.read(stderr: true, into: $0) }
        let text = words[0..<count].map { $0 < 32 ? UInt8(ascii: " ") : $0 }
        guard let last = text.lastIndex(where: { $0 != UInt8(ascii: " ") }) else { return "" }
        return String(decoding: text[...last], as: UTF8.self)
    }

    /// Removes what the runtime keeps of the container, while the daemon is told of its end.
    func deleteFromRuntime() {
        var spawn = Spawn(runtime, runtimeArguments(["delete", "--force"], log: "runtime.log"))
        spawn.environment = Self.environment
        spawn.directory = "/"
        do throws(Errno) {
            runtimeDeleted = false
            runtimeDelete = try spawn.start().pid
        } catch {
            // The daemon removes it: it looks for what a shim has left.
            runtimeDeleted = true
        }
    }
}
