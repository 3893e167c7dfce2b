import ArgumentParser
import GantryModel
import GantryWire

/// The options of `run`, `create` and `update` about what a container may use.
struct ResourceOptions: ParsableArguments {
    @Option(
        name: [.customShort("m"), .long], parsing: .unconditional,
        help: ArgumentHelp("Memory at most, such as 512m.", valueName: "bytes"))
    var memory: String?

    @Option(
        name: .customLong("memory-reservation"), parsing: .unconditional,
        help: ArgumentHelp("Memory that it is pressed down to when the machine is short.", valueName: "bytes"))
    var memoryReservation: String?

    @Option(
        name: .customLong("memory-swap"), parsing: .unconditional,
        help: ArgumentHelp(
            "Memory and swap together at most; -1 for no limit, twice --memory when not given.", valueName: "bytes"))
    var memorySwap: String?

    @Option(
        name: .customLong("memory-swappiness"), parsing: .unconditional,
        help: ArgumentHelp("How gladly it is swapped out, 0 to 100 (cgroup v1 only).", valueName: "number"))
    var memorySwappiness: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Processors at most, such as 1.5.", valueName: "number"))
    var cpus: String?

    @Option(
        name: [.customShort("c"), .customLong("cpu-shares")], parsing: .unconditional,
        help: ArgumentHelp("Weight among those that want the processor; 1024 is ordinary.", valueName: "number"))
    var cpuShares: String?

    @Option(
        name: .customLong("cpu-period"), parsing: .unconditional,
        help: ArgumentHelp("Length of a period of --cpu-quota.", valueName: "microseconds"))
    var cpuPeriod: String?

    @Option(
        name: .customLong("cpu-quota"), parsing: .unconditional,
        help: ArgumentHelp("Processor time at most in each period.", valueName: "microseconds"))
    var cpuQuota: String?

    @Option(
        name: .customLong("cpuset-cpus"), parsing: .unconditional,
        help: ArgumentHelp("Processors that it may run on, such as 0-3,8.", valueName: "list"))
    var cpusetCPUs: String?

    @Option(
        name: .customLong("cpuset-mems"), parsing: .unconditional,
        help: ArgumentHelp("Memory nodes that it may use.", valueName: "list"))
    var cpusetMems: String?

    @Option(
        name: .customLong("pids-limit"), parsing: .unconditional,
        help: ArgumentHelp("Processes and threads at most; -1 for no limit.", valueName: "number"))
    var pidsLimit: String?

    @Option(
        name: .customLong("blkio-weight"), parsing: .unconditional,
        help: ArgumentHelp("Weight among those that use a block device, 10 to 1000.", valueName: "number"))
    var blkioWeight: String?

    /// Adds what was asked for to the parameters of `containers.create` or `containers.update`.
    ///
    /// - Throws: a `Failure` about a value that is none.
    func add(to request: inout JSONObject) throws(Failure) {
        let sizes = [
            ("memory", "memory", memory, "512m or 2g"),
            ("memory-reservation", "memoryReservation", memoryReservation, "256m"),
            ("memory-swap", "memorySwap", memorySwap, "1g, or -1 for no limit"),
        ]
        for (option, name, text, example) in sizes {
            guard let text else { continue }
            guard let bytes = name == "memorySwap" && text == "-1" ? -1 : ByteCount.bytes(text) else {
                throw Failure("--\(option) '\(text)' is no size, such as \(example)")
            }
            request[name] = .int(bytes)
        }
        if let cpus {
            guard let billionths = Self.billionths(cpus) else {
                throw Failure("--cpus '\(cpus)' is no number of processors, such as 1.5")
            }
            request["nanoCpus"] = .int(billionths)
        }
        let numbers = [
            ("memory-swappiness", "memorySwappiness", memorySwappiness, "60"),
            ("cpu-shares", "cpuShares", cpuShares, "512"), ("cpu-period", "cpuPeriod", cpuPeriod, "100000"),
            ("cpu-quota", "cpuQuota", cpuQuota, "50000"), ("pids-limit", "pidsLimit", pidsLimit, "100"),
            ("blkio-weight", "blkioWeight", blkioWeight, "500"),
        ]
        for (option, name, text, example) in numbers {
            guard let text else { continue }
            guard let number = Int64(text) else {
                throw Failure("--\(option) '\(text)' is no number, such as \(example)")
            }
            request[name] = .int(number)
        }
        if let cpusetCPUs { request["cpusetCpus"] = .string(cpusetCPUs) }
        if let cpusetMems { request["cpusetMems"] = .string(cpusetMems) }
    }

    /// A decimal number times 10^9, without the rounding of floating point; nil when it is none or is negative.
    static func billionths(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : ""
        guard text.utf8.contains(where: { $0 != UInt8(ascii: ".") }), fraction.count <= 9,
            (parts[0] + fraction).utf8.allSatisfy({ (48...57).contains($0) }),
            let whole = Int64("0" + parts[0]), whole < 1 << 20,
            let rest = Int64("0" + fraction + String(repeating: "0", count: 9 - fraction.count))
        else { return nil }
        return whole * 1_000_000_000 + rest
    }
}
