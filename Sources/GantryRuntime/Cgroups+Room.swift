import GantryModel
import GantrySystem
import GantryWire

extension Cgroups {
    /// Whether a running container fits into less memory.
    ///
    /// Version 1 refuses a limit below what is in use. Version 2 takes any and has the out-of-memory killer make room, so
    /// it is looked at before. What the container takes between the look and the limit is the killer's all the same.
    ///
    /// Source: the kernel's `cgroup-v2.rst`, "memory.max" and "memory.stat".
    /// - Throws: `.failedPrecondition` when it holds more than the limit allows.
    func checkRoom(_ resources: ContainerSettings.Resources, _ place: CgroupPlace) throws(GantryError) {
        guard version == .v2, let limit = resources.memory, let directory = limits(place, controller: "memory") else {
            return
        }
        func number(_ key: String?, _ file: String) -> Int64 { CgroupFile.number(key, in: "\(directory)/\(file)") ?? 0 }
        // The page cache of files goes when the kernel wants it back.
        let cache = ["active_file", "inactive_file", "slab_reclaimable"].map { number($0, "memory.stat") }.reduce(0, +)
        let held = number(nil, "memory.current") - cache
        let allowance = resources.effectiveMemorySwap.map { $0 < 0 ? Int64.max : $0 - limit } ?? Int64.max
        guard held - limit > min(allowance, Self.freeSwap) else { return }
        throw GantryError(
            .failedPrecondition,
            "it holds \(held) bytes of memory that the kernel cannot take back; with a limit of \(limit) its processes would be killed"
        )
    }

    /// Bytes. Source: proc(5), /proc/meminfo.
    private static var freeSwap: Int64 {
        let words = words("/proc/meminfo")
        guard let at = words.firstIndex(of: "SwapFree:"), at + 1 < words.count else { return 0 }
        return (Int64(words[at + 1]) ?? 0) * 1024
    }
}
