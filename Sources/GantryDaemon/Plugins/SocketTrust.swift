import GantryModel
import GantrySystem
import GantryWire

/// Whether a socket can be what its manifest means: gantryd carries out, as root, what answers there.
enum SocketTrust {
    /// Refuses a socket that others than its owner and group may use, that is neither root's nor this user's, or that
    /// somebody else could put another in place of.
    /// - Throws: `.permissionDenied` saying what to change; `.unavailable` when there is no socket.
    static func check(_ path: String) throws(GantryError) {
        let status: FileStatus
        let above: FileStatus
        do throws(Errno) {
            status = try FileStatus.of(path)
            above = try FileStatus.of(Path.parent(of: path), follow: true)
        } catch { throw GantryError(.unavailable, "connect '\(path)': \(error.reason)") }
        guard status.kind == .socket else {
            throw GantryError(.failedPrecondition, "connect '\(path)': it is no socket")
        }
        guard status.permissions & 0o002 == 0 else {
            throw GantryError(.permissionDenied, "connect '\(path)': anyone may write to it (chmod o-w)")
        }
        guard isOurs(status.uid) else {
            throw GantryError(.permissionDenied, "connect '\(path)': it belongs to user \(status.uid), not to root")
        }
        // In a directory with the sticky bit only the owner of a name can put another in its place.
        guard above.permissions & 0o002 == 0 || above.permissions & 0o1000 != 0 else {
            throw GantryError(
                .permissionDenied,
                "connect '\(path)': anyone may put another socket in its place (chmod o-w '\(Path.parent(of: path))')")
        }
    }

    private static func isOurs(_ user: UInt32) -> Bool { user == 0 || user == Processes.effectiveUser }
}
