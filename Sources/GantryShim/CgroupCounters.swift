import GantrySystem

/// What the memory controller counted for a container, read after its end and before the runtime removes the cgroup.
struct CgroupCounters {
    var oomKilled = false
    /// Bytes; 0 when no file says.
    var memoryPeak: Int64 = 0

    /// v1: `memory.oom_control` and `memory.max_usage_in_bytes`; v2: `memory.events` and `memory.peak` (6.5 and newer).
    static func read(_ directories: [String]) -> CgroupCounters {
        var counters = CgroupCounters()
        for directory in directories {
            for name in ["memory.oom_control", "memory.events"] where value("oom_kill", in: directory + "/" + name) > 0
            {
                counters.oomKilled = true
            }
            for name in ["memory.max_usage_in_bytes", "memory.peak"] {
                counters.memoryPeak = max(counters.memoryPeak, value(nil, in: directory + "/" + name))
            }
        }
        return counters
    }

    /// The number behind `key` on its line, or the file's only number.
    private static func value(_ key: String?, in path: String) -> Int64 {
        guard let bytes = try? File.contents(path, limit: 4096) else { return 0 }
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "))
            guard let number = words.last else { continue }
            if let key, words.count != 2 || String(decoding: words[0], as: UTF8.self) != key { continue }
            return Int64(String(decoding: number, as: UTF8.self)) ?? 0
        }
        return 0
    }
}
