import GantryCore
import GantryModel
import GantryRPC
import GantryWire

/// `snapshotters.*`: which there are, and which one new containers get.
struct SnapshotterService: Sendable {
    let drivers: SnapshotDrivers
    let plugins: @Sendable () -> [PluginReport]
    let containers: any ContainerStore
    let catalog: any SnapshotCatalog

    var methods: [Method] { [list, use] }

    private var list: Method {
        Method(
            "snapshotters.list", "Lists the snapshotters, and which one new containers get.",
            result:
                "{snapshotters: [{name, state, reason?, capabilities, default, chosen, snapshots, containers}]}",
            access: .read
        ) { _ in
            let standard = drivers.standard
            let all = containers.allContainers()
            let found = try plugins().filter { $0.kind == "snapshotter.v1" }.map { report -> JSON in
                var object: JSONObject = ["name": .string(report.name), "state": .string(report.state.rawValue)]
                object.put("reason", report.reason)
                object["capabilities"] = .strings(report.capabilities)
                object["default"] = .bool(report.name == standard)
                object["chosen"] = .bool(report.name == standard && drivers.isChosen)
                let rows = try catalog.snapshots(driver: report.name, namespace: nil)
                object["snapshots"] = .int(Int64(rows.count))
                object["containers"] = .int(Int64(all.count { $0.snapshotter == report.name }))
                return .object(object)
            }
            return ["snapshotters": .array(found)]
        }
    }

    private var use: Method {
        Method(
            "snapshotters.use",
            "Chooses what new containers get, from now on and after a restart. Those that are there keep theirs.",
            params: [Field("name", .string, "The snapshotter; the configuration's choice when absent.")],
            result: "{name}", errors: [.notFound, .failedPrecondition]
        ) { call in
            try drivers.use(call.text("name"))
            return ["name": .string(drivers.standard)]
        }
    }
}
