import GantryCore
import GantryModel
import GantryRPC
import GantryRuntime
import GantrySystem
import GantryWire

/// `containers.stats`: what running containers use.
extension ContainerService {
    var statsMethod: Method {
        Method(
            "containers.stats", "Says what running containers use in this moment, as the kernel's files say it.",
            params: [
                Field("containers", .array(.string), "Names or ids; all that run when absent.")
            ],
            result:
                """
                {time, cpus, stats: [{id, name, state, pid, cpu, memory, memoryInactiveFile, memoryPeak, memoryLimit?, \
                oomKills, pids, pidsLimit?, read, written, received, sent}]}: cpu and time in nanoseconds, of which two \
                answers are compared; memory, block devices and network in bytes. A container that does not run has only \
                id, name and state.
                """,
            errors: [.notFound], access: .read
        ) { [self] call in
            let records: [ContainerRecord]
            if let names = call["containers"]?.array?.compactMap(\.string) {
                records = try names.map { try containers.findContainer(namespace: call.namespace, $0) }
            } else {
                records = containers.containers(namespace: call.namespace)
                    .filter { $0.status.state == .running || $0.status.state == .paused }
            }
            return [
                "time": .int(Clock.monotonic), "cpus": .int(Int64(Processes.count)),
                "machineMemory": .int(Processes.memoryBytes), "stats": .array(records.map(stats)),
            ]
        }
    }

    private func stats(_ record: ContainerRecord) -> JSON {
        var object: JSONObject = [
            "id": .string(record.id.text), "name": .string(record.name),
            "state": .string(record.status.state.rawValue),
        ]
        let entry = tasks.get.entry(record.key)
        guard let pid = entry?.pid, pid != 0, let usage = cgroups.usage(tasks.get.place(record.key)) else {
            return .object(object)
        }
        object["pid"] = .int(Int64(pid))
        for (key, value) in usage.json.members { object[key] = value }
        let network = record.details["network"] == "host" ? nil : InterfaceCounters.read(pid: pid)
        object["received"] = .int(network?.received ?? 0)
        object["sent"] = .int(network?.sent ?? 0)
        return .object(object)
    }
}

/// Bytes over a network namespace's interfaces, its loopback not counted.
private struct InterfaceCounters {
    var received: Int64 = 0
    var sent: Int64 = 0

    /// Source: proc_pid_net(5): a name with a colon, eight columns of what came in, eight of what went out.
    static func read(pid: Int32) -> InterfaceCounters? {
        guard let bytes = try? File.contents("/proc/\(pid)/net/dev", limit: 1 << 20) else { return nil }
        var counters = InterfaceCounters()
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst(2) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].drop(while: { $0 == " " }) != "lo" else { continue }
            let columns = parts[1].split(separator: " ")
            guard columns.count >= 9 else { continue }
            counters.received += Int64(columns[0]) ?? 0
            counters.sent += Int64(columns[8]) ?? 0
        }
        return counters
    }
}
