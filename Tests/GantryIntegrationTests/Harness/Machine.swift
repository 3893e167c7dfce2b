import GantrySystem
import Synchronization
import Testing

/// What the machine must have for containers to run here.
enum Machine {
    /// Why something cannot be tested on this machine.
    struct Missing: Error, CustomStringConvertible {
        var description: String
    }

    /// - Throws: `Missing` that says what is not there and what to do about it.
    static func require() throws {
        guard Processes.effectiveUser == 0 else {
            throw Missing(description: "containers need root; run the tests as root")
        }
        try require(program: "crun")
        Signals.ignore(Signals.pipe)
        try readiness.withLock { ready in
            if ready == nil { ready = Result { try freeCgroupsForCrun() } }
            try ready?.get()
        }
    }

    static func require(program: String) throws {
        guard find(program) != nil else {
            throw Missing(description: "'\(program)' is not installed; 'make deps' installs it")
        }
    }

    /// The program's full path, looked for as a shell does.
    static func find(_ program: String) -> String? {
        searchPath.split(separator: ":").map { "\($0)/\(program)" }.first { Path.isExecutable($0) }
    }

    static let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    static func read(_ path: String) -> String {
        String(decoding: (try? File.contents(path)) ?? [], as: UTF8.self)
    }

    private static let readiness = Mutex<Result<Void, any Error>?>(nil)

    /// crun refuses a hybrid machine whose unified hierarchy holds controllers. Giving the last of them (hugetlb, as a
    /// rule) a v1 hierarchy frees it. The mount stays until the machine's next boot: other tests use it by then.
    private static func freeCgroupsForCrun() throws {
        let mounts = read("/proc/self/mountinfo")
        guard mounts.contains(" /sys/fs/cgroup/unified "), mounts.contains(" - cgroup cgroup ") else { return }
        let controllers = read("/sys/fs/cgroup/unified/cgroup.controllers").split(whereSeparator: \.isWhitespace)
        for controller in controllers.map(String.init) {
            let place = "/sys/fs/cgroup/\(controller)"
            do throws(Errno) {
                if !Path.exists(place) { try Path.makeDirectory(place) }
                try Mounts.mount("cgroup", at: place, type: "cgroup", options: controller)
            } catch {
                throw Missing(
                    description: "crun refuses hybrid cgroups while the unified hierarchy holds '\(controller)', and "
                        + "mount '\(place)': \(error.reason)")
            }
        }
    }
}
