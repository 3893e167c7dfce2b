import GantryWire

/// `gantry stats`: what containers use, with docker's fields; what is a rate comes from two answers of the daemon.
struct StatsListing {
    var noTrunc = false

    static let listing = Listing(
        headings: [
            ("BlockIO", "BLOCK I/O"), ("Container", "CONTAINER ID"), ("CPUPerc", "CPU %"), ("ID", "CONTAINER ID"),
            ("MemPerc", "MEM %"), ("MemUsage", "MEM USAGE / LIMIT"), ("Name", "NAME"), ("NetIO", "NET I/O"),
            ("PIDs", "PIDS"),
        ],
        columns: ["ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"])

    /// The rows of `answer`, with the processor time since `before`.
    func rows(_ answer: JSON, before: JSON) -> [JSON] {
        var earlier = [String: Int64]()
        for stats in before["stats"]?.array ?? [] {
            if let id = stats["id"]?.string { earlier[id] = stats["cpu"]?.int }
        }
        let elapsed = (answer["time"]?.int ?? 0) - (before["time"]?.int ?? 0)
        let machine = answer["machineMemory"]?.int ?? 0
        return (answer["stats"]?.array ?? []).map { stats in
            row(stats, since: earlier[stats["id"]?.string ?? ""], elapsed: elapsed, machineMemory: machine)
        }
    }

    private func row(_ stats: JSON, since before: Int64?, elapsed: Int64, machineMemory: Int64) -> JSON {
        let id = stats["id"]?.string ?? ""
        let shown = JSON.string(noTrunc ? id : id.shortID)
        guard let cpu = stats["cpu"]?.int else {
            return [
                "BlockIO": "--", "Container": shown, "CPUPerc": "--", "ID": shown, "MemPerc": "--",
                "MemUsage": "-- / --",
                "Name": stats["name"] ?? "", "NetIO": "--", "PIDs": "--",
            ]
        }
        func number(_ key: String) -> Int64 { stats[key]?.int ?? 0 }
        let memory = max(0, number("memory") - number("memoryInactiveFile"))
        let limit = min(stats["memoryLimit"]?.int ?? machineMemory, machineMemory)
        let used = before.map { max(0, cpu - $0) } ?? 0
        return [
            "BlockIO": .string("\(HumanSize(bytes: number("read"))) / \(HumanSize(bytes: number("written")))"),
            "Container": shown, "CPUPerc": .string(Self.percent(used, of: elapsed)), "ID": shown,
            "MemPerc": .string(Self.percent(memory, of: limit)),
            "MemUsage": .string("\(BinarySize(bytes: memory)) / \(BinarySize(bytes: limit))"),
            "Name": stats["name"] ?? "",
            "NetIO": .string("\(HumanSize(bytes: number("received"))) / \(HumanSize(bytes: number("sent")))"),
            "PIDs": .string("\(number("pids"))"),
        ]
    }

    /// "12.34%".
    static func percent(_ part: Int64, of whole: Int64) -> String {
        guard whole > 0 else { return "0.00%" }
        let hundredths = Int64((Double(part) / Double(whole) * 10_000).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)%"
    }
}
