import GantryCore
package import GantryModel
import GantrySystem
import GantryWire

/// Stopping the clock of a container's processes. Source: the kernel's `cgroup-v1/freezer-subsystem.rst` and
/// `cgroup-v2.rst`, "cgroup.freeze".
extension Cgroups {
    /// Freezes every process of the container, or lets them go on; when this returns, they do.
    ///
    /// Cost: a write, and on freezing up to some milliseconds until the last one has come out of the kernel.
    /// - Throws: `.deadlineExceeded` when some process does not freeze in 10 s (it may wait for a dead disk); they all go on
    ///   then. `.failedPrecondition` where the machine has no freezer.
    package func freeze(_ place: CgroupPlace, _ frozen: Bool) throws(GantryError) {
        guard let directory = directory(place, controller: "freezer") else {
            throw GantryError(.failedPrecondition, "freeze cgroup: the machine has no hierarchy with the freezer")
        }
        let (file, word) =
            version == .v2 ? ("cgroup.freeze", frozen ? "1" : "0") : ("freezer.state", frozen ? "FROZEN" : "THAWED")
        for attempt in 0..<Self.attempts {
            // Version 1 may stay half frozen; asking again is what moves it. Source: freezer-subsystem.rst.
            do throws(Errno) {
                let handle = try File.open("\(directory)/\(file)", .write)
                try File.write(handle.raw, word)
            } catch {
                // Nobody is left to go on: version 2 kills the frozen, and systemd removes their cgroup at once.
                if !frozen, !Path.exists(directory) { return }
                throw GantryError("freeze cgroup '\(directory)'", error)
            }
            if isFrozen(place) == frozen { return }
            Clock.sleep(milliseconds: attempt < 20 ? 1 : 20)
        }
        if frozen, let handle = try? File.open("\(directory)/\(file)", .write) {
            try? File.write(handle.raw, version == .v2 ? "0" : "THAWED")
        }
        throw GantryError(
            .deadlineExceeded, "freeze cgroup '\(directory)': a process in it does not stop, nor did it in 10 s")
    }

    /// About 10 s.
    private static let attempts = 520

    /// Whether the container's processes stand still; nil when there is no such cgroup.
    package func isFrozen(_ place: CgroupPlace) -> Bool? {
        guard let directory = directory(place, controller: "freezer") else { return nil }
        if version == .v2 { return CgroupFile.number("frozen", in: directory + "/cgroup.events").map { $0 == 1 } }
        guard let bytes = try? File.contents(directory + "/freezer.state", limit: 64) else { return nil }
        return String(decoding: bytes, as: UTF8.self).hasPrefix("FROZEN")
    }
}
