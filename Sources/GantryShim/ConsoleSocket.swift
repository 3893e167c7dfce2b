import GantrySystem

/// Where a runtime delivers a terminal: it makes the pseudo-terminal inside the container, connects to this socket and
/// sends the master's descriptor.
///
/// Source: the `--console-socket` option of the OCI runtimes' command line; crun and runc agree on it.
struct ConsoleSocket {
    private var listener: SharedDescriptor?
    private var connection: SharedDescriptor?
    private let path: String

    /// Binds `name` in the working directory, which is the task's: a path from the root may be longer than a socket's
    /// 107 bytes.
    init(name: String) throws(Errno) {
        path = name
        try? Path.unlink(name)
        let bound = try UnixSocket.listen(name, mode: 0o600, backlog: 1)
        try File.setNonblocking(bound.raw)
        listener = SharedDescriptor(bound)
    }

    /// To be polled for reading.
    var descriptor: Int32 { connection?.raw ?? listener?.raw ?? -1 }

    /// The terminal's master, once the runtime has sent it.
    mutating func receive() -> SharedDescriptor? {
        if connection == nil, let listener, let accepted = try? UnixSocket.accept(listener.raw) {
            try? File.setNonblocking(accepted.raw)
            connection = SharedDescriptor(accepted)
        }
        guard let connection else { return nil }
        do throws(Errno) {
            let received = try UnixSocket.receiveDescriptors(connection.raw, most: 1)
            return received.first.map { SharedDescriptor(OwnedDescriptor($0)) }
        } catch {
            // Not yet, or the runtime is gone without a word: its end tells the rest.
            if error != .again { self.connection = nil }
            return nil
        }
    }

    /// Removes the socket's name.
    func remove() { try? Path.unlink(path) }
}
