import GantryCore
import GantryModel
import GantrySystem
import GantryWire

/// Whether the kernel counts the space of each subvolume, so that the size of a snapshot in use is known at once.
public enum BtrfsQuota: String, Sendable, CaseIterable {
    /// It is left as it is.
    case off
    /// Simple quotas, where the kernel has them (6.7 and later); elsewhere as `off`. They mark the file system with a flag
    /// that makes older kernels refuse it.
    case simple
    /// Full quotas: exact where extents are shared, and a cost at every write and removal.
    case full

    /// Turns the quotas of the file system on; nothing is ever turned off.
    /// - Throws: `.failedPrecondition` when it has the other kind.
    func enable(at directory: Int32, root: String) throws(GantryError) {
        guard self != .off else { return }
        let wanted: QuotaGroups.Kind = self == .simple ? .simple : .full
        do throws(Errno) {
            let present = try QuotaGroups.kind(directory)
            if present == wanted { return }
            if present == .off { return try QuotaGroups.enable(directory, simple: self == .simple) }
        } catch {
            // EINVAL, ENOTTY: a kernel without.
            if self == .simple, error == .invalid || error == .notTerminal { return }
            throw GantryError(error, "turn on quota '\(rawValue)' of btrfs at '\(root)'")
        }
        throw GantryError(
            .failedPrecondition,
            "turn on quota '\(rawValue)' of btrfs at '\(root)': it has the other kind, which 'btrfs quota disable' turns off"
        )
    }
}
