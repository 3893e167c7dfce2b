package import GantryModel
import GantrySystem
import GantryWire

/// A socket that clients connect to, bound by us or handed over by systemd.
package struct Listener: ~Copyable {
    let descriptor: OwnedDescriptor
    /// The name to remove at the end; nil for one that was handed over.
    let path: String?

    /// Binds `path` with mode 0660, and group `gid` if one is given. A socket file that nobody listens behind is
    /// replaced.
    /// - Throws: `invalid_argument` (path longer than 107 bytes), `already_exists` (somebody listens there, or it is
    ///   no socket), `unavailable` (the kernel refused).
    package init(path: String, gid: UInt32? = nil) throws(GantryError) {
        guard path.utf8.count <= UnixSocket.longestPath else {
            throw GantryError(
                .invalidArgument, "listen '\(path)': longer than the \(UnixSocket.longestPath) bytes of a socket's name"
            )
        }
        do throws(Errno) { descriptor = try Self.bind(path, gid: gid) } catch {
            let code: ErrorCode = error == .addressInUse ? .alreadyExists : .unavailable
            let reason = error == .addressInUse ? "another process listens there, or it is no socket" : error.reason
            throw GantryError(code, "listen '\(path)': \(reason)")
        }
        self.path = path
    }

    /// Takes over a descriptor that listens already; its name is somebody else's.
    package init(inherited descriptor: Int32) {
        self.descriptor = OwnedDescriptor(descriptor)
        path = nil
    }

    private static func bind(_ path: String, gid: UInt32?) throws(Errno) -> OwnedDescriptor {
        let socket = try bindReplacing(path)
        if let gid { try Path.changeOwner(path, uid: 0, gid: gid) }
        return socket
    }

    private static func bindReplacing(_ path: String) throws(Errno) -> OwnedDescriptor {
        do throws(Errno) { return try UnixSocket.listen(path, mode: 0o660) } catch {
            guard error == .addressInUse else { throw error }
        }
        try removeStale(path)
        return try UnixSocket.listen(path, mode: 0o660)
    }

    /// Unlinks a socket that refuses connections; anything else is left, as EADDRINUSE.
    private static func removeStale(_ path: String) throws(Errno) {
        do throws(Errno) { _ = try UnixSocket.connect(path) } catch {
            // A regular file refuses as well.
            guard error == .connectionRefused, try FileStatus.of(path).kind == .socket else { throw .addressInUse }
            return try Path.unlink(path)
        }
        throw .addressInUse
    }
}
