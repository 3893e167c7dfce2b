import GantrySystem
import GantryWire

/// The program `gantry-shim`: `gantry-shim TASK-FILE` with its listening socket as descriptor 3, and as descriptor 4 the
/// runtime's program as a sealed copy in memory, or anything else.
///
/// By its other name, which it has inside containers, it is their init (`InitMain`).
package enum ShimMain {
    package static let listenerDescriptor: Int32 = 3
    package static let programDescriptor: Int32 = 4

    /// The exit status of the process.
    package static func run(_ arguments: [String]) -> Int32 {
        if arguments.first.map(Path.name(of:)) == InitMain.name { return InitMain.run(arguments) }
        guard arguments.count == 2 else {
            complain("usage: gantry-shim TASK-FILE (gantryd starts it, with its socket as descriptor 3)")
            return 2
        }
        Processes.setName("gantry-shim")
        _ = Path.setCreationMask(0o022)
        resetLimits()
        do throws(Errno) {
            let text = try File.contents(arguments[1], limit: 4 << 20)
            guard let json = try? JSON.parse(text), let task = TaskFile(json) else {
                complain("read task '\(arguments[1])': not a task file of version \(TaskFile.version) or older")
                return 1
            }
            let shim = try Shim(task: task, listener: OwnedDescriptor(listenerDescriptor))
            FailurePoint.shimBorn.reach()
            try introduce(task)
            FailurePoint.shimCard.reach()
            shim.run()
            return 0
        } catch {
            complain("serve task '\(arguments[1])': \(error)")
            return 1
        }
    }

    /// `shim.json`: by pid, start time and boot a later daemon recognises this very process.
    private static func introduce(_ task: TaskFile) throws(Errno) {
        let pid = Processes.current
        let card: JSON = [
            "version": 1, "protocol": 1, "pid": .int(Int64(pid)), "startTime": .integer(try Processes.startTime(pid)),
            "bootId": .string(Processes.bootID()), "runtime": .string(task.runtime),
        ]
        try File.replace(task.directory + "/shim.json", with: card.encoded(), mode: 0o600, sync: false)
    }

    /// The daemon's own limits are not the container's: open files go back to what a login gets.
    private static func resetLimits() {
        if let limit = try? Processes.limit(Processes.openFiles) {
            try? Processes.setLimit(
                Processes.openFiles, Processes.Limit(soft: min(1024, limit.hard), hard: limit.hard))
        }
        // Raising it to 0 is allowed to everybody; only going below is not.
        if let file = try? File.open("/proc/self/oom_score_adj", .write) { try? File.write(file.raw, "0") }
    }

    private static func complain(_ text: String) { try? File.write(2, "gantry-shim: \(text)\n") }
}
