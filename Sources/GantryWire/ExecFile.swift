/// What the daemon tells a shim of a process to execute in its container: the parameters of `exec.prepare`.
package struct ExecFile: Sendable {
    /// 64 hexadecimal digits.
    package var id: String
    /// The OCI runtime-spec's `process` object.
    package var process: JSON
    package var terminal: Bool
    /// Whether standard input is a pipe that clients feed, or the null device.
    package var openStdin: Bool
    /// What to answer as the exit status when the runtime cannot start it: 126 or 127, found by the daemon's look into
    /// the container's root.
    package var failureCode: Int32
    /// As `TaskFile.streamOwner`.
    package var streamOwner: UInt32?

    package init(
        id: String, process: JSON, terminal: Bool, openStdin: Bool, failureCode: Int32, streamOwner: UInt32? = nil
    ) {
        self.id = id
        self.process = process
        self.terminal = terminal
        self.openStdin = openStdin
        self.failureCode = failureCode
        self.streamOwner = streamOwner
    }

    /// Nil when a member is missing or of the wrong type.
    package init?(_ object: JSONObject) {
        guard let id = object["exec"]?.string, let process = object["process"], process.object != nil,
            let terminal = object["tty"]?.bool, let openStdin = object["openStdin"]?.bool,
            let failureCode = object["failureCode"]?.int
        else { return nil }
        self.init(
            id: id, process: process, terminal: terminal, openStdin: openStdin,
            failureCode: Int32(truncatingIfNeeded: failureCode),
            streamOwner: object["streamOwner"]?.uint.map { UInt32(clamping: $0) })
    }

    package var json: JSONObject {
        var object: JSONObject = [
            "exec": .string(id), "process": process, "tty": .bool(terminal), "openStdin": .bool(openStdin),
            "failureCode": .int(Int64(failureCode)),
        ]
        if let streamOwner { object["streamOwner"] = .int(Int64(streamOwner)) }
        return object
    }
}
