import GantryCore
package import GantryModel
import GantrySystem
import GantryWire

/// Other limits for a container that runs.
extension Tasks {
    /// Has the runtime write the limits into the container's cgroup. Cost: a run of the runtime, some milliseconds.
    ///
    /// - Throws: `.failedPrecondition` with the runtime's words when the kernel refuses, for example a memory limit below
    ///   what is in use; the limits are then what they were, or some of both.
    package func update(_ key: TaskKey, _ resources: ContainerSettings.Resources) throws(GantryError) {
        guard let entry = entry(key) else {
            throw GantryError(.failedPrecondition, "update container '\(key)': it is not running")
        }
        let (cgroups, place) = (configuration.cgroups, place(key))
        // crun takes no -1; of a container of an older Gantry it has the limits in the scope itself.
        let throughSystemd = entry.runtime.name != "crun" && cgroups.belongToSystemd(place)
        let told = throughSystemd ? resources.completeSpecification : resources.specification
        let file = directory(key).path + "/resources.json"
        try directory(key).write("resources.json", JSON.object(told).encoded())
        defer { try? Path.unlink(file) }
        do throws(GantryError) {
            try cgroups.checkRoom(resources, place)
            try runRuntime(key, entry.runtime, ["update", "--resources", file])
        } catch {
            throw GantryError(error.code, "update container '\(key)': \(error.message)")
        }
        if throughSystemd { return }
        try describing("update container '\(key)': lift a limit") { () throws(Errno) in
            try cgroups.lift(resources, place)
        }
    }
}

extension Cgroups {
    /// Takes away the limits that `resources` does not have. Runtimes write numbers only: crun 1.8 has no word for none.
    fileprivate func lift(_ resources: ContainerSettings.Resources, _ place: CgroupPlace) throws(Errno) {
        var lifts = [(controller: String, file: String, word: String)]()
        if resources.pidsLimit ?? -1 < 0 { lifts.append(("pids", "pids.max", "max")) }
        if resources.nanoCPUs == nil, resources.cpuQuota ?? -1 < 0 {
            lifts.append(version == .v2 ? ("cpu", "cpu.max", "max") : ("cpu", "cpu.cfs_quota_us", "-1"))
        }
        if resources.effectiveMemorySwap ?? -1 < 0 {
            let file = version == .v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes"
            lifts.append(("memory", file, version == .v2 ? "max" : "-1"))
        }
        // The sum of both first: it may not be below the one.
        if resources.memory == nil {
            lifts.append(
                version == .v2 ? ("memory", "memory.max", "max") : ("memory", "memory.limit_in_bytes", "-1"))
        }
        for (controller, file, word) in lifts {
            guard let directory = limits(place, controller: controller), Path.exists("\(directory)/\(file)") else {
                continue
            }
            let handle = try File.open("\(directory)/\(file)", .write)
            try File.write(handle.raw, word)
        }
    }
}
