import GantryCore
import GantryModel
import GantryRPC
import GantryRuntime
import GantryWire

/// `containers.update`: other limits for a container, whether it runs or not.
extension ContainerService {
    /// The parameters of `containers.create` and `containers.update` about what a container's cgroup may use.
    static let resourceFields = [
        Field("memory", .integer, "Bytes, at least 6 MiB; 0 (when absent) is no limit."),
        Field("memoryReservation", .integer, "Bytes that it is pressed down to when memory is short."),
        Field("memorySwap", .integer, "Bytes of memory and swap together; -1 is no limit; twice memory when absent."),
        Field("memorySwappiness", .integer, "0 to 100; version 1 of cgroups only."),
        Field("oomKillDisable", .boolean, "Wait for memory instead of being killed; version 1 of cgroups only."),
        Field("nanoCpus", .integer, "Billionths of a processor."),
        Field("cpuShares", .integer, "2 to 262144: the weight among those that want the processor."),
        Field("cpuPeriod", .integer, "Microseconds, 1000 to 1000000."),
        Field("cpuQuota", .integer, "Microseconds of each period; -1 is no limit."),
        Field("cpusetCpus", .string, "Processors that it may use, such as 0-3,8."),
        Field("cpusetMems", .string, "Memory nodes that it may use."),
        Field("pidsLimit", .integer, "Processes and threads; -1 is no limit."),
        Field("blkioWeight", .integer, "10 to 1000."),
    ]

    var updateMethod: Method {
        Method(
            "containers.update", "Gives a container other limits; what is not named stays.",
            params: [CommonField.container] + Self.resourceFields,
            result: "{warnings}", errors: [.notFound, .invalidArgument, .failedPrecondition]
        ) { [self] call in
            let record = try find(call)
            var settings = try settings(record)
            guard ContainerSettings.Resources.names.contains(where: { call[$0] != nil }) else {
                throw GantryError(.invalidArgument, "update container '\(record.name)': no limit is named")
            }
            let before = settings.resources
            settings.resources = try before.merging(call.params)
            let warnings = try ResourceCheck(cgroups: cgroups).accept(&settings.resources)
            let runs = tasks.get.entry(record.key)?.pid ?? 0 != 0
            if runs { try tasks.get.update(record.key, settings.resources) }
            do {
                try containers.setSpec(
                    record.id, settings.json.encoded(), events: [record.event("container.update")])
            } catch {
                if runs { try? tasks.get.update(record.key, before) }
                throw error
            }
            return ["warnings": .strings(warnings)]
        }
    }
}
