import GantryModel
import GantrySystem
package import GantryWire

/// What a container uses, as the kernel's own files say it in this moment.
package struct CgroupUsage: Sendable, Equatable {
    /// Nanoseconds of processor time, of all processors together.
    package var processorTime: Int64 = 0
    /// Bytes, with the page cache.
    package var memory: Int64 = 0
    /// Bytes of the page cache that the kernel would give up first; listings take them off, as Docker's do.
    package var inactiveFile: Int64 = 0
    /// The most bytes ever; 0 where the kernel does not count (version 2 before 5.19).
    package var memoryPeak: Int64 = 0
    /// Bytes; nil is no limit.
    package var memoryLimit: Int64?
    /// Times that the kernel killed a process for want of memory.
    package var oomKills: Int64 = 0
    /// Processes and threads.
    package var processes: Int64 = 0
    /// Nil is no limit.
    package var processLimit: Int64?
    /// Bytes from and to block devices.
    package var read: Int64 = 0
    package var written: Int64 = 0

    package var json: JSONObject {
        var object: JSONObject = [
            "cpu": .int(processorTime), "memory": .int(memory), "memoryInactiveFile": .int(inactiveFile),
            "memoryPeak": .int(memoryPeak), "oomKills": .int(oomKills), "pids": .int(processes), "read": .int(read),
            "written": .int(written),
        ]
        object.put("memoryLimit", memoryLimit.map { JSON.int($0) })
        object.put("pidsLimit", processLimit.map { JSON.int($0) })
        return object
    }
}

extension Cgroups {
    /// Cost: about eight reads of small files. Nil when the container has no cgroup, which is when it does not run.
    ///
    /// Source: the kernel's `admin-guide/cgroup-v2.rst`, `cgroup-v1/memory.rst`, `cpuacct.rst` and `blkio-controller.rst`.
    package func usage(_ place: CgroupPlace) -> CgroupUsage? {
        guard let memory = limits(place, controller: "memory"), Path.exists(memory) else { return nil }
        return version == .v2 ? unifiedUsage(memory) : usage(place, memory: memory)
    }

    private func unifiedUsage(_ directory: String) -> CgroupUsage {
        var usage = CgroupUsage()
        usage.processorTime = (CgroupFile.number("usage_usec", in: directory + "/cpu.stat") ?? 0) * 1000
        usage.memory = CgroupFile.number(nil, in: directory + "/memory.current") ?? 0
        usage.inactiveFile = CgroupFile.number("inactive_file", in: directory + "/memory.stat") ?? 0
        usage.memoryPeak = CgroupFile.number(nil, in: directory + "/memory.peak") ?? 0
        usage.memoryLimit = CgroupFile.number(nil, in: directory + "/memory.max")
        usage.oomKills = CgroupFile.number("oom_kill", in: directory + "/memory.events") ?? 0
        usage.processes = CgroupFile.number(nil, in: directory + "/pids.current") ?? 0
        usage.processLimit = CgroupFile.number(nil, in: directory + "/pids.max")
        // `8:0 rbytes=1 wbytes=2 rios=…` for each device.
        for word in Self.words(directory + "/io.stat") {
            if word.hasPrefix("rbytes=") { usage.read += Int64(word.dropFirst(7)) ?? 0 }
            if word.hasPrefix("wbytes=") { usage.written += Int64(word.dropFirst(7)) ?? 0 }
        }
        return usage
    }

    private func usage(_ place: CgroupPlace, memory: String) -> CgroupUsage {
        func file(_ controller: String, _ name: String) -> String {
            (directory(place, controller: controller) ?? "/nowhere") + "/" + name
        }
        var usage = CgroupUsage()
        usage.processorTime = CgroupFile.number(nil, in: file("cpuacct", "cpuacct.usage")) ?? 0
        usage.memory = CgroupFile.number(nil, in: memory + "/memory.usage_in_bytes") ?? 0
        usage.inactiveFile = CgroupFile.number("total_inactive_file", in: memory + "/memory.stat") ?? 0
        usage.memoryPeak = CgroupFile.number(nil, in: memory + "/memory.max_usage_in_bytes") ?? 0
        // No limit is the largest multiple of a page below 2^63.
        usage.memoryLimit = CgroupFile.number(nil, in: memory + "/memory.limit_in_bytes").flatMap {
            $0 > 1 << 60 ? nil : $0
        }
        usage.oomKills = CgroupFile.number("oom_kill", in: memory + "/memory.oom_control") ?? 0
        usage.processes = CgroupFile.number(nil, in: file("pids", "pids.current")) ?? 0
        usage.processLimit = CgroupFile.number(nil, in: file("pids", "pids.max"))
        // `8:0 Read 4096` for each device and direction.
        let words = Self.words(file("blkio", "blkio.throttle.io_service_bytes_recursive"))
        for (word, number) in zip(words, words.dropFirst()) {
            if word == "Read" { usage.read += Int64(number) ?? 0 }
            if word == "Write" { usage.written += Int64(number) ?? 0 }
        }
        return usage
    }

    /// The process ids in the container's cgroup and those below it.
    package func processes(_ place: CgroupPlace) -> [Int32] {
        guard let top = directory(place, controller: "memory") else { return [] }
        var result = [Int32]()
        var waiting = [top]
        while let directory = waiting.popLast() {
            result += Self.words(directory + "/cgroup.procs").compactMap { Int32($0) }
            let children = (try? Directory.list(directory)) ?? []
            waiting += children.filter { $0.kind == .directory }.map { "\(directory)/\($0.name)" }
        }
        return result
    }
}
