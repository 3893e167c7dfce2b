import GantrySystem

/// What the memory controller counted for a container, read after its end and before the runtime removes the cgroup.
struct CgroupCounters {
    var oomKilled = false
    /// Bytes; 0 when no file says.
    var memoryPeak: Int64 = 0

    /// v1: `memory.oom_control` and `memory.max_usage_in_bytes`; v2: `memory.events` and `memory.peak` (5.19 and newer).
    static func read(_ directories: [String]) -> CgroupCounters {
        var counters = CgroupCounters()
        for directory in directories {
            for name in ["memory.oom_control", "memory.events"]
            where CgroupFile.number("oom_kill", in: directory + "/" + name) ?? 0 > 0 {
                counters.oomKilled = true
            }
            for name in ["memory.max_usage_in_bytes", "memory.peak"] {
                counters.memoryPeak = max(counters.memoryPeak, CgroupFile.number(nil, in: directory + "/" + name) ?? 0)
            }
        }
        return counters
    }

    /// With what was read another time, of which some may have been missed.
    func merged(_ other: CgroupCounters) -> CgroupCounters {
        CgroupCounters(oomKilled: oomKilled || other.oomKilled, memoryPeak: max(memoryPeak, other.memoryPeak))
    }
}
