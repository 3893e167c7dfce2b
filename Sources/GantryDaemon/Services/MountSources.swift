import GantryCore
import GantryModel
import GantryRuntime
import GantrySystem
import GantryWire

/// The places on the host that containers mount.
enum MountSources {
    /// - Throws: `.invalidArgument` for a source that is not there and shall not be made.
    static func check(_ mounts: [ContainerSettings.Mount]) throws(GantryError) {
        for mount in mounts where isMissing(mount) && !mount.makesSource {
            throw GantryError(
                .invalidArgument, "create container: bind source path does not exist: \(mount.source)")
        }
    }

    /// Makes what is not there, a directory, as Docker does for `-v`.
    static func prepare(_ mounts: [ContainerSettings.Mount]) throws(GantryError) {
        for mount in mounts where isMissing(mount) {
            guard mount.makesSource else {
                throw GantryError(
                    .failedPrecondition, "mount '\(mount.target)': the source '\(mount.source)' does not exist")
            }
            try describing("make mount source '\(mount.source)'") { () throws(Errno) in
                try Path.makeDirectories(mount.source)
            }
        }
    }

    private static func isMissing(_ mount: ContainerSettings.Mount) -> Bool {
        mount.kind != .tmpfs && !Path.exists(mount.source)
    }
}
