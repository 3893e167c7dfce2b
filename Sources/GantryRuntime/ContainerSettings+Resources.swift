package import GantryModel
package import GantryWire

extension ContainerSettings {
    /// What a container's cgroup may use. Nil leaves the kernel's own: no limit, or the ordinary share.
    ///
    /// Names and ranges are Docker's; the files they end in are told in the kernel's `admin-guide/cgroup-v1` and
    /// `cgroup-v2.rst`, the form in which runtimes take them in the OCI runtime-spec v1.0.2, `linux.resources`.
    package struct Resources: Sendable, Equatable {
        /// Bytes.
        package var memory: Int64?
        /// Bytes that it is pressed down to when the machine is short of memory.
        package var memoryReservation: Int64?
        /// Bytes of memory and swap together; -1 is no limit. Twice `memory` when only that is given.
        package var memorySwap: Int64?
        /// 0 to 100; version 1 of cgroups only.
        package var memorySwappiness: Int64?
        /// Whether its processes wait for memory instead of being killed; version 1 of cgroups only.
        package var oomKillDisable = false
        /// Billionths of a processor.
        package var nanoCPUs: Int64?
        /// Relative weight among those that want the processor; 1024 is ordinary.
        package var cpuShares: Int64?
        /// Microseconds.
        package var cpuPeriod: Int64?
        /// Microseconds of each period; -1 is no limit.
        package var cpuQuota: Int64?
        /// Processors that it may use: `0-3,8`.
        package var cpusetCPUs: String?
        /// Memory nodes that it may use.
        package var cpusetMems: String?
        /// Processes and threads; -1 is no limit.
        package var pidsLimit: Int64?
        /// 10 to 1000.
        package var blkioWeight: Int64?

        package init() {}

        /// The names of its parameters, as `containers.create` and `containers.update` have them.
        package static let names = [
            "memory", "memoryReservation", "memorySwap", "memorySwappiness", "oomKillDisable", "nanoCpus", "cpuShares",
            "cpuPeriod", "cpuQuota", "cpusetCpus", "cpusetMems", "pidsLimit", "blkioWeight",
        ]
    }
}

extension ContainerSettings.Resources {
    /// - Parameter request: the parameters of `containers.create`, or what `json` gave.
    /// - Throws: `.invalidArgument` naming what makes no sense.
    package init(_ request: JSON) throws(GantryError) {
        memory = Self.given(request["memory"]?.int)
        memoryReservation = Self.given(request["memoryReservation"]?.int)
        memorySwap = Self.given(request["memorySwap"]?.int)
        memorySwappiness = request["memorySwappiness"]?.int == -1 ? nil : request["memorySwappiness"]?.int
        oomKillDisable = request["oomKillDisable"]?.bool ?? false
        nanoCPUs = Self.given(request["nanoCpus"]?.int)
        cpuShares = Self.given(request["cpuShares"]?.int)
        cpuPeriod = Self.given(request["cpuPeriod"]?.int)
        cpuQuota = Self.given(request["cpuQuota"]?.int)
        cpusetCPUs = request["cpusetCpus"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        cpusetMems = request["cpusetMems"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        pidsLimit = Self.given(request["pidsLimit"]?.int)
        blkioWeight = Self.given(request["blkioWeight"]?.int)
        try checkMemory()
        try checkProcessors()
        if let pidsLimit, pidsLimit < -1 {
            throw Self.refusal("pidsLimit \(pidsLimit) is no number of processes, such as 100, nor -1 for no limit")
        }
        if let blkioWeight, !(10...1000).contains(blkioWeight) {
            throw Self.refusal("blkioWeight \(blkioWeight) is not 10 to 1000, such as 500")
        }
    }

    /// Docker's 0 says that nothing was given.
    private static func given(_ number: Int64?) -> Int64? { number == 0 ? nil : number }

    private static func refusal(_ text: String) -> GantryError { GantryError(.invalidArgument, "limits: " + text) }

    private func checkMemory() throws(GantryError) {
        if let memory, memory < Self.leastMemory {
            throw Self.refusal("memory \(memory) is less than a container needs, 6 MiB; such as 64m")
        }
        if let memoryReservation {
            guard memoryReservation >= Self.leastMemory else {
                throw Self.refusal("memoryReservation \(memoryReservation) is less than 6 MiB; such as 32m")
            }
            if let memory, memoryReservation > memory {
                throw Self.refusal("memoryReservation \(memoryReservation) is above memory, \(memory)")
            }
        }
        if let memorySwap, memorySwap != -1 {
            guard let memory else {
                throw Self.refusal("memorySwap \(memorySwap) needs memory beside it, such as 64m of 128m together")
            }
            guard memorySwap >= memory else {
                throw Self.refusal(
                    "memorySwap \(memorySwap) is below memory, \(memory): it is both together, such as 128m for 64m")
            }
        }
        if let memorySwappiness, !(0...100).contains(memorySwappiness) {
            throw Self.refusal("memorySwappiness \(memorySwappiness) is not 0 to 100, such as 60")
        }
    }

    private func checkProcessors() throws(GantryError) {
        if let nanoCPUs {
            guard nanoCPUs >= 10_000_000 else { throw Self.refusal("nanoCpus \(nanoCPUs) is less than a hundredth") }
            guard cpuQuota == nil, cpuPeriod == nil else {
                throw Self.refusal("nanoCpus excludes cpuQuota and cpuPeriod: it is both of them in one number")
            }
        }
        if let cpuShares, cpuShares < 2 || cpuShares > 262_144 {
            throw Self.refusal("cpuShares \(cpuShares) is not 2 to 262144, such as 512")
        }
        if let cpuPeriod, !(1000...1_000_000).contains(cpuPeriod) {
            throw Self.refusal("cpuPeriod \(cpuPeriod) is not 1000 to 1000000 microseconds, such as 100000")
        }
        if let cpuQuota, cpuQuota != -1, cpuQuota < 1000 {
            throw Self.refusal("cpuQuota \(cpuQuota) is less than 1000 microseconds; such as 50000, or -1 for no limit")
        }
        for (name, text) in [("cpusetCpus", cpusetCPUs), ("cpusetMems", cpusetMems)] {
            if let text, Self.numbers(text) == nil {
                throw Self.refusal("\(name) '\(text)' is no list of numbers, such as 0-3,8")
            }
        }
    }

    /// Docker's: less does not even start a program.
    private static let leastMemory: Int64 = 6 << 20

    /// The numbers of `0-3,8`; nil when it is no such list. Source: cpuset(7), "List format".
    package static func numbers(_ list: String) -> Set<Int>? {
        var result = Set<Int>()
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first >= 0,
                first <= last, last < 8192
            else { return nil }
            result.formUnion(first...last)
        }
        return result
    }

    /// In the words of `containers.create`; null when there is no limit.
    package var json: JSON {
        var object = JSONObject()
        let numbers = [
            ("memory", memory), ("memoryReservation", memoryReservation), ("memorySwap", memorySwap),
            ("memorySwappiness", memorySwappiness), ("nanoCpus", nanoCPUs), ("cpuShares", cpuShares),
            ("cpuPeriod", cpuPeriod), ("cpuQuota", cpuQuota), ("pidsLimit", pidsLimit), ("blkioWeight", blkioWeight),
        ]
        for (name, number) in numbers { object.put(name, number.map { JSON.int($0) }) }
        object.put("cpusetCpus", cpusetCPUs)
        object.put("cpusetMems", cpusetMems)
        if oomKillDisable { object["oomKillDisable"] = true }
        return .object(object)
    }

    /// These limits with those of `request` in place of its own; what `request` does not name stays.
    ///
    /// - Throws: `.invalidArgument` when they make no sense together.
    package func merging(_ request: JSONObject) throws(GantryError) -> Self {
        var object = json.object ?? [:]
        for name in Self.names {
            guard let value = request[name] else { continue }
            object[name] = value
            // A processor's share is written in one of two ways; the newer one counts.
            if name == "nanoCpus" { (object["cpuQuota"], object["cpuPeriod"]) = (nil, nil) }
            // Both together have no limit either, then.
            if name == "memory", value == 0 { object["memorySwap"] = nil }
            if name == "cpuQuota" || name == "cpuPeriod" { object["nanoCpus"] = nil }
        }
        return try Self(.object(object))
    }

    /// Microseconds of processor time in each period; -1 is no limit.
    private var quota: (quota: Int64, period: Int64)? {
        if let nanoCPUs { return (nanoCPUs / (1_000_000_000 / Self.period), Self.period) }
        guard cpuQuota != nil || cpuPeriod != nil else { return nil }
        return (cpuQuota ?? -1, cpuPeriod ?? Self.period)
    }

    /// Microseconds: the kernel's own default.
    private static let period: Int64 = 100_000

    /// Memory and swap together that the kernel is told; -1 is no limit.
    package var effectiveMemorySwap: Int64? { memorySwap ?? memory.map { $0 > Int64.max / 2 ? -1 : $0 * 2 } }

    /// `linux.resources`, without devices.
    var specification: JSONObject {
        var result = JSONObject()
        var memory = JSONObject()
        memory.put("limit", self.memory.map { JSON.int($0) })
        memory.put("reservation", memoryReservation.map { JSON.int($0) })
        memory.put("swap", effectiveMemorySwap.map { JSON.int($0) })
        memory.put("swappiness", memorySwappiness.map { JSON.int($0) })
        if oomKillDisable { memory["disableOOMKiller"] = true }
        if !memory.isEmpty { result["memory"] = .object(memory) }
        var cpu = JSONObject()
        cpu.put("shares", cpuShares.map { JSON.int($0) })
        if let (quota, period) = quota {
            if quota > 0 { cpu["quota"] = .int(quota) }
            cpu["period"] = .int(period)
        }
        cpu.put("cpus", cpusetCPUs)
        cpu.put("mems", cpusetMems)
        if !cpu.isEmpty { result["cpu"] = .object(cpu) }
        // Runtimes write a number only: no limit is what a new cgroup has.
        if let pidsLimit, pidsLimit > 0 { result["pids"] = ["limit": .int(pidsLimit)] }
        if let blkioWeight { result["blockIO"] = ["weight": .int(blkioWeight)] }
        return result
    }

    /// `linux.resources` with a word, -1, for each limit that there is not. crun 1.8 takes none of these.
    var completeSpecification: JSONObject {
        var result = specification
        var memory = result["memory"]?.object ?? [:]
        if memory["limit"] == nil { memory["limit"] = -1 }
        if memory["swap"] == nil { memory["swap"] = -1 }
        result["memory"] = .object(memory)
        var cpu = result["cpu"]?.object ?? [:]
        if cpu["quota"] == nil { (cpu["quota"], cpu["period"]) = (-1, cpu["period"] ?? .int(Self.period)) }
        result["cpu"] = .object(cpu)
        if result["pids"] == nil { result["pids"] = ["limit": -1] }
        return result
    }

    /// Docker's names for them, for inspection: 0 or empty is what was not given.
    package var inspection: JSONObject {
        [
            "Memory": .int(memory ?? 0), "MemoryReservation": .int(memoryReservation ?? 0),
            "MemorySwap": .int(effectiveMemorySwap ?? 0),
            "MemorySwappiness": memorySwappiness.map { .int($0) } ?? .null, "OomKillDisable": .bool(oomKillDisable),
            "NanoCpus": .int(nanoCPUs ?? 0), "CpuShares": .int(cpuShares ?? 0), "CpuPeriod": .int(cpuPeriod ?? 0),
            "CpuQuota": .int(cpuQuota ?? 0), "CpusetCpus": .string(cpusetCPUs ?? ""),
            "CpusetMems": .string(cpusetMems ?? ""), "PidsLimit": pidsLimit.map { .int($0) } ?? .null,
            "BlkioWeight": .int(blkioWeight ?? 0),
        ]
    }
}
