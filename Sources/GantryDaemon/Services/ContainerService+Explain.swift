import GantryCore
import GantryImages
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySystem
import GantryWire

/// `containers.explain`: why a container is in the state it is in, in sentences that a person can act on.
extension ContainerService {
    var explainMethod: Method {
        Method(
            "containers.explain", "Says why a container is in the state it is in.", params: [CommonField.container],
            result: "{state, lines: [string]}: what happened first, what can be done behind it.", errors: [.notFound],
            access: .guarded
        ) { [self] call in
            let record = try find(call)
            let lines = Explanation(record, try settings(record), self).lines
            return ["state": .string(record.status.state.rawValue), "lines": .strings(lines)]
        }
    }
}

/// The sentences about one container.
private struct Explanation {
    let record: ContainerRecord
    let settings: ContainerSettings
    let service: ContainerService
    private(set) var lines: [String] = []

    init(_ record: ContainerRecord, _ settings: ContainerSettings, _ service: ContainerService) {
        self.record = record
        self.settings = settings
        self.service = service
        switch record.status.state {
        case .created: created()
        case .running: running()
        case .paused:
            lines.append(
                "'\(record.name)' is paused: its processes stand still\(by(last("container.pause"))). 'gantry unpause \(record.name)' lets them go on."
            )
        case .exited: exited()
        }
        refusedCalls()
        if let dropped = record.status.logDropped ?? liveDropped, dropped > 0 {
            lines.append(
                "\(dropped) entries of its log were lost: there was no room on the disk, or mode=non-blocking had none in memory."
            )
        }
    }

    private var status: ContainerStatus { record.status }
    private var program: String { settings.arguments[0] }

    private var liveDropped: Int64? {
        status.pid == nil ? nil : service.tasks.get.logDropped(record.key)
    }

    /// The system calls that its filter refused, each with what it answered.
    private mutating func refusedCalls() {
        let running = status.pid != nil && settings.security.tracesCalls
        let calls = running ? service.tasks.get.refusedCalls(record.key) : status.refused
        for kill in calls where kill.errno == 0 {
            lines.append(
                kill.isCertain
                    ? "The call was \(kill.name), made by '\(kill.command)'."
                    : "At that time the kernel killed '\(kill.command)' for the call \(kill.name): likely that process."
            )
        }
        let refused = calls.filter { $0.errno != 0 }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
        if !refused.isEmpty {
            let list = refused.map {
                "\($0.name) (\(Errno($0.errno).reason), \($0.count == 1 ? "once" : "\($0.count) times"), first by '\($0.command)')"
            }
            lines.append("Its system call filter refused: \(list.joined(separator: ", ")).")
        } else if settings.security.tracesCalls, status.state != .created {
            lines.append("Its system call filter refused nothing with an error.")
        }
    }

    // MARK: States

    private mutating func created() {
        guard let error = status.error else {
            lines.append("'\(record.name)' was created and never started. 'gantry start \(record.name)' starts it.")
            return
        }
        lines.append("'\(record.name)' could not be started: \(error)")
        startFailure()
    }

    private mutating func running() {
        var line = "'\(record.name)' runs"
        if let started = status.startedAt { line += " since \(started)" }
        lines.append(line + ", process \(status.pid ?? 0).")
        guard let usage = service.cgroups.usage(service.tasks.get.place(record.key)) else { return }
        if usage.oomKills > 0 {
            lines.append(
                "The kernel has killed \(usage.oomKills) of its processes for want of memory\(limit); it has held up to \(Self.size(usage.memoryPeak))."
            )
        } else if let limit = usage.memoryLimit, usage.memory - usage.inactiveFile > limit / 10 * 9 {
            lines.append(
                "It holds \(Self.size(usage.memory - usage.inactiveFile)) of the \(Self.size(limit)) of memory that it may: what takes more will be killed. 'gantry update -m' raises the limit."
            )
        }
        if let limit = usage.processLimit, usage.processes >= limit {
            lines.append(
                "It has as many processes as it may, \(limit): it cannot start another. 'gantry update --pids-limit' raises the limit."
            )
        }
    }

    private mutating func exited() {
        let code = status.exitCode ?? 0
        // A start that failed leaves its reason, and the codes of docker's for it.
        if let error = status.error {
            lines.append("'\(record.name)' ended with status \(code): \(error)")
            return startFailure()
        }
        if status.oomKilled { return outOfMemory(code) }
        if let signal = status.signal { return killed(by: signal) }
        if code > 128, code <= 192 {
            lines.append(
                "'\(record.name)' ended with status \(code): a process in it was ended by \(Self.name(code - 128)), and its first process passed that on; so do shells."
            )
            return
        }
        lines.append("'\(record.name)' ended by itself with status \(code)\(code == 0 ? ", which is success." : ".")")
        switch code {
        case 0: break
        case 126: lines.append("126 is what shells say of a program that may not be run, or is none.")
        case 127:
            lines.append("127 is what shells say of a program that is not there. Is it in the image, and in PATH?")
        default: lines.append("What it said of the reason: 'gantry logs --tail 20 \(record.name)'.")
        }
    }

    private mutating func outOfMemory(_ code: Int32) {
        var line =
            "'\(record.name)' ended with status \(code) after the kernel had killed a process of it for want of memory"
        line += limit
        if let peak = status.memoryPeak { line += "; it held up to \(Self.size(peak))" }
        lines.append(line + ".")
        lines.append(
            settings.resources.memory == nil
                ? "It has no limit of its own: the machine, or a cgroup above it, was out of memory."
                : "'gantry update -m' raises its limit for the next start."
        )
    }

    private mutating func killed(by signal: Int32) {
        let checkpoint = last("container.checkpoint") { $0.payload["leaveRunning"]?.bool == false }
        if signal == Signals.kill, let name = checkpoint?.payload["checkpoint"]?.string, last("container.kill") == nil {
            lines.append("'\(record.name)' was stopped by the checkpoint '\(name)'.")
            if (try? service.checkpoints(of: record).directory(name)) != nil {
                lines.append("'gantry start --checkpoint \(name) \(record.name)' has it go on from there.")
            }
            return
        }
        var line = "'\(record.name)' was ended by \(Self.name(signal))"
        if let event = sent(signal) {
            line += ", which was sent through Gantry\(by(event))"
            if event.payload["reason"]?.string == "stop" {
                line += signal == Signals.kill ? ": it had not ended in the time that 'stop' gave it" : " to stop it"
            }
        } else {
            line += ", which did not come through Gantry"
        }
        lines.append(line + ".")
        switch signal {
        case 4:
            lines.append("SIGILL: it ran an instruction that this processor does not have, or was made for another.")
        case 6: lines.append("SIGABRT: it ended itself, as a failed assertion does; its log may say why.")
        case 7, 11: lines.append("\(Self.name(signal)): it touched memory that is not there, a defect of the program.")
        case 31:
            lines.append(
                "SIGSYS: its system call filter ended it for a call that is not allowed. A profile that allows the call, by --security-opt seccomp=FILE, lets it go on."
            )
        default: break
        }
    }

    // MARK: A start that failed

    /// What the image has instead of the program that it does not have.
    private mutating func startFailure() {
        guard [126, 127].contains(status.exitCode ?? 0), let programs = look() else { return }
        switch programs.verdict {
        case .found: break
        case .notExecutable:
            lines.append(
                "'\(program)' is there, but is no program, or nobody may run it: chmod +x in the image mends that.")
        case .missing:
            lines.append(
                "'\(program)' is not in the image '\(record.image)'\(program.contains("/") ? "" : ", in none of the directories of PATH")."
            )
            if !programs.similar.isEmpty {
                lines.append("The image has \(programs.similar.joined(separator: ", ")).")
            }
            lines.append(
                programs.shells.isEmpty
                    ? "It has no shell: its program is to be named by its path."
                    : "Shells that it has: \(programs.shells.joined(separator: ", ")).")
        }
    }

    /// Nil when the container's root cannot be had just now.
    private func look() -> RootPrograms? {
        try? service.withRoot(of: record) { [settings] files in RootPrograms.look(in: files.root, settings) }
    }

    // MARK: Words

    private var limit: String {
        settings.resources.memory.map { " (its limit is \(Self.size($0)))" } ?? ""
    }

    private static func size(_ bytes: Int64) -> String {
        let (name, scale): (String, Int64) =
            bytes >= 1 << 30 ? ("GiB", 1 << 30) : bytes >= 1 << 20 ? ("MiB", 1 << 20) : ("KiB", 1 << 10)
        let tenths = bytes * 10 / scale
        return tenths % 10 == 0 ? "\(tenths / 10) \(name)" : "\(tenths / 10).\(tenths % 10) \(name)"
    }

    private static func name(_ signal: Int32) -> String { "\(SignalName.text(signal)) (signal \(signal))" }

    /// " by COMMAND (pid 12, user 0)", of whoever asked for it.
    private func by(_ event: Event?) -> String {
        guard let sender = event?.payload["sender"]?.string else { return "" }
        return " by \(sender)"
    }

    /// The event of the last signal that ended this run.
    private func sent(_ signal: Int32) -> Event? {
        last("container.kill") { $0.payload["signal"]?.int == Int64(signal) }
    }

    /// The newest event of this container's run. Cost: a walk over the log.
    private func last(_ topic: String, where fits: (Event) -> Bool = { _ in true }) -> Event? {
        var found: Event?
        try? service.events.each(namespace: record.namespace) { event in
            guard event.topic == topic, event.payload["id"]?.string == record.id.text else { return }
            if let started = status.startedAt, event.time < started { return }
            if fits(event) { found = event }
        }
        return found
    }
}

extension Call {
    /// Who makes the call, as the kernel knows it: "gantry (pid 12, user 0)".
    var sender: JSON {
        let name = (try? File.contents("/proc/\(peer.pid)/comm", limit: 64)) ?? []
        let command = String(decoding: name.prefix { $0 != 10 }, as: UTF8.self)
        return .string("\(command.isEmpty ? "a program that is gone" : command) (pid \(peer.pid), user \(peer.uid))")
    }
}
