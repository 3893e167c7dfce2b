import GantryWire

/// The daemon's `system.info`, for people and with docker's names.
struct InfoReport {
    private let info: JSON

    init(_ info: JSON) { self.info = info }

    /// Docker's name and the words for people, for each member that has both; a path leads into an object.
    private static let members: [(path: [String], docker: String, label: String)] = [
        (["containers"], "Containers", "Containers"),
        (["containersRunning"], "ContainersRunning", " Running"),
        (["containersStopped"], "ContainersStopped", " Stopped"),
        (["images"], "Images", "Images"),
        (["version"], "ServerVersion", "Server Version"),
        (["snapshotter"], "Driver", "Storage Driver"),
        (["cgroup", "driver"], "CgroupDriver", "Cgroup Driver"),
        (["cgroup", "version"], "CgroupVersion", "Cgroup Version"),
        (["runtime", "name"], "DefaultRuntime", "Runtime"),
        (["runtime", "version"], "RuntimeVersion", " Version"),
        (["runtime", "path"], "RuntimePath", " Path"),
        (["runtime", "reason"], "RuntimeReason", " Reason"),
        (["hostname"], "Name", "Name"),
        (["namespace"], "Namespace", "Namespace"),
        (["kernel"], "KernelVersion", "Kernel Version"),
        (["os"], "OperatingSystem", "Operating System"),
        (["arch"], "Architecture", "Architecture"),
        (["cpus"], "NCPU", "CPUs"),
        (["memory"], "MemTotal", "Total Memory"),
        (["id"], "ID", "ID"),
        (["root"], "RootDir", "Root Directory"),
        (["state"], "StateDir", "State Directory"),
    ]

    var warnings: [String] { (info["warnings"]?.array ?? []).compactMap(\.string) }

    /// Docker's names first, then what only Gantry tells, with a capital.
    var docker: JSON {
        var object: JSONObject = [:]
        for member in Self.members {
            if let value = value(member.path) { object[member.docker] = value }
        }
        let taken = Set(Self.members.filter { $0.path.count == 1 }.map { $0.path[0] })
        for (key, value) in info.object?.members ?? [] where !taken.contains(key) {
            object[key.prefix(1).uppercased() + key.dropFirst()] = value
        }
        return .object(object)
    }

    /// A line a member.
    var text: String {
        var text = ""
        for member in Self.members {
            guard let value = value(member.path) else { continue }
            let shown =
                member.docker == "MemTotal"
                ? String(describing: HumanSize(bytes: value.int ?? 0)) : value.templateText
            text += "\(member.label): \(shown)\n"
        }
        guard let features = info["features"]?.object else { return text }
        text += "Kernel Features:\n"
        for (name, value) in features.members {
            let shown = value.bool.map { $0 ? "yes" : "no" } ?? value.templateText
            text += " \(name): \(shown)\n"
        }
        return text
    }

    private func value(_ path: [String]) -> JSON? {
        path.reduce(info as JSON?) { value, key in value?[key] }
    }
}
