import GantrySystem

/// Living with systemd as the owner of the cgroups.
///
/// A container is a scope. crun makes a cgroup within it and writes the limits there; systemd knows nothing of them, and so
/// never resets them. runc tells systemd the limits of the scope itself, and whatever is written past systemd is undone by
/// its next reload.
///
/// Source: crun(1), `run.oci.systemd.subgroup`; systemd's `CGROUP_DELEGATION.md`; systemd.resource-control(5).
extension Cgroups {
    /// The cgroup within the scope. A name of ours, which no program inside makes by chance.
    private static let inner = "gantry"

    /// What a runtime is told beside the path; others than crun leave the first alone.
    func annotations(_ resources: ContainerSettings.Resources, isCrun: Bool) -> [String: String] {
        guard driver == .systemd else { return [:] }
        var result = version == .v2 ? ["run.oci.systemd.subgroup": Self.inner] : [:]
        // A scope has systemd's DefaultTasksMax when nobody says otherwise: a limit that the user has not asked for, or
        // one above crun's that an update could not reach past.
        if version == .v2 && isCrun || resources.pidsLimit ?? -1 < 0 {
            result["org.systemd.property.TasksMax"] = "uint64 \(UInt64.max)"
        }
        return result
    }

    /// The directory with the container's limits: that of the container, or the one within its scope.
    func limits(_ place: CgroupPlace, controller: String) -> String? {
        guard let directory = directory(place, controller: controller) else { return nil }
        if driver == .systemd, version == .v2, Path.exists(directory + "/" + Self.inner) {
            return directory + "/" + Self.inner
        }
        return directory
    }

    /// Whether a limit is to be told to systemd, by way of the runtime, and never written beside it.
    func belongToSystemd(_ place: CgroupPlace) -> Bool {
        driver == .systemd && limits(place, controller: "memory") == directory(place, controller: "memory")
    }
}
