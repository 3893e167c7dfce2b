package import GantryModel
import GantrySystem
import GantryWire

/// Whether this machine can keep the limits that somebody asks for.
///
/// As with Docker, what the kernel's configuration has no place for at all is left out and said, so that a file of
/// settings serves several machines; what is simply wrong here (a processor that is not there) is an error.
package struct ResourceCheck: Sendable {
    private let cgroups: Cgroups

    package init(cgroups: Cgroups) { self.cgroups = cgroups }

    /// Takes out what cannot be had here.
    /// - Returns: a sentence for each limit that was taken out.
    /// - Throws: `.invalidArgument` for a limit that this machine cannot have, with the option and what it has.
    package func accept(_ resources: inout ContainerSettings.Resources) throws(GantryError) -> [String] {
        if let cpus = resources.nanoCPUs, cpus > Int64(Processes.count) * 1_000_000_000 {
            throw GantryError(
                .invalidArgument,
                "limits: cpus is 0.01 to \(Processes.count), because there are only \(Processes.count) processors here")
        }
        try check(resources.cpusetCPUs, "cpusetCpus", "cpuset.cpus", "processors")
        try check(resources.cpusetMems, "cpusetMems", "cpuset.mems", "memory nodes")
        var warnings = [String]()
        if resources.blkioWeight != nil, !hasBlockWeights {
            resources.blkioWeight = nil
            warnings.append(
                "the kernel has no weights for block devices here (no BFQ, no io.weight): --blkio-weight is discarded")
        }
        if cgroups.version == .v2 {
            if resources.memorySwappiness != nil {
                resources.memorySwappiness = nil
                warnings.append("version 2 of cgroups has no swappiness of its own: --memory-swappiness is discarded")
            }
            if resources.oomKillDisable {
                resources.oomKillDisable = false
                warnings.append("version 2 of cgroups cannot disable the OOM killer: --oom-kill-disable is discarded")
            }
        } else if let memory = cgroups.hierarchies["memory"], !Path.exists(memory + "/memory.memsw.limit_in_bytes"),
            resources.memory != nil, resources.memorySwap != -1
        {
            if resources.memorySwap != nil {
                warnings.append(
                    "the kernel does not count swap: --memory-swap is discarded, memory is limited without swap")
            }
            resources.memorySwap = -1
        }
        if resources.oomKillDisable, resources.memory == nil {
            warnings.append(
                "the OOM killer is disabled, but no memory limit is set: the machine may run out of memory; set -m as well"
            )
        }
        return warnings
    }

    private func check(_ list: String?, _ name: String, _ file: String, _ what: String) throws(GantryError) {
        guard let list, let wanted = ContainerSettings.Resources.numbers(list) else { return }
        let root = cgroups.version == .v2 ? "/sys/fs/cgroup" : cgroups.hierarchies["cpuset"]
        guard let root else {
            throw GantryError(.invalidArgument, "limits: \(name): the machine has no hierarchy with cpuset")
        }
        let path = root + "/" + file + (cgroups.version == .v2 ? ".effective" : "")
        let text = Cgroups.words(path).first ?? ""
        let present = ContainerSettings.Resources.numbers(text) ?? []
        guard wanted.isSubset(of: present) else {
            throw GantryError(
                .invalidArgument, "limits: \(name) '\(list)' is not available: the \(what) here are \(text)")
        }
    }

    private var hasBlockWeights: Bool {
        // The controllers that a container gets; which files it has is seen only below the top of version 2.
        if cgroups.version == .v2 { return Cgroups.words("/sys/fs/cgroup/cgroup.controllers").contains("io") }
        guard let blkio = cgroups.hierarchies["blkio"] else { return false }
        return ["blkio.weight", "blkio.bfq.weight"].contains { name in
            // Version 1 has none at the top; any directory below tells.
            let children = (try? Directory.list(blkio)) ?? []
            return Path.exists("\(blkio)/\(name)")
                || children.contains { $0.kind == .directory && Path.exists("\(blkio)/\($0.name)/\(name)") }
        }
    }
}
