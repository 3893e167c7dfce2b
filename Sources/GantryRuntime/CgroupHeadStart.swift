import GantryHost
import GantrySystem

/// Has the kernel's price for a first move between cgroups paid early, beside the work that comes before a start.
///
/// Moving a process into a cgroup takes a lock whose first taker waits for a grace period of RCU: 8 to 14 ms on an idle
/// machine, more than half of a whole `crun exec`. Who follows within some milliseconds waits for nothing. Runtimes move
/// every process they start, so that each start on an idle machine pays it. Here a thread of the daemon takes the lock as
/// soon as a start can be expected, by moving the daemon to where it is: nothing changes but the time of the wait.
///
/// Source: Linux, kernel/cgroup/cgroup.c, `cgroup_threadgroup_rwsem`, and kernel/rcu/sync.c. A hierarchy mounted with
/// `favordynmods` has no such wait, at a price for every fork of the machine; that is its administrator's choice.
final class CgroupHeadStart: Sendable {
    private let cgroups: Cgroups
    private let isUnderWay = Monitor(false)

    init(_ cgroups: Cgroups) { self.cgroups = cgroups }

    /// Returns at once. One wait at a time serves all: its end is every start's.
    func begin(_ background: (@escaping @Sendable () -> Void) -> Void) {
        let isFirst = isUnderWay.with { isUnderWay in
            defer { isUnderWay = true }
            return !isUnderWay
        }
        guard isFirst else { return }
        background { [self] in
            stay()
            isUnderWay.with { $0 = false }
        }
    }

    /// Moves the daemon into its own cgroup. A refusal has taken the lock all the same.
    private func stay() {
        guard let place, let file = try? File.open(place + "/cgroup.procs", .write) else { return }
        // 0 is who writes, in whatever PID namespace.
        try? File.write(file.raw, "0")
    }

    /// The directory of the daemon's cgroup in some hierarchy; looked up each time, since it may have been moved.
    private var place: String? {
        guard let bytes = try? File.contents("/proc/self/cgroup", limit: 1 << 16) else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3 else { continue }
            if cgroups.version == .v2 { return "/sys/fs/cgroup" + fields[2] }
            for controller in fields[1].split(separator: ",") {
                if let root = cgroups.hierarchies[String(controller)] { return root + fields[2] }
            }
        }
        return nil
    }
}
