/// How the container ended: the file `exit` in the task's directory, the exit frame's payload and the report to the
/// daemon are this one record.
package struct ExitRecord: Sendable, Equatable {
    /// The status, or 128 + the signal.
    package var exitCode: Int32
    /// The signal that ended it, 0 for none.
    package var signal: Int32
    /// Nanoseconds since 1970.
    package var finishedAt: Int64
    /// Whether the kernel's out-of-memory killer took a process of the container.
    package var oomKilled: Bool
    /// The most memory the container ever held, in bytes; 0 when the cgroup did not say.
    package var memoryPeak: Int64
    /// Lines that the log had no room for.
    package var logDropped: Int64
    /// Why, when it did not end by itself: the start failed, the shim was lost.
    package var error: String?
    /// System calls that were refused, when the filter was traced.
    package var refused: [RefusedCall] = []
    /// The process that ended, by its number on the machine; 0 when there never was one.
    package var pid: Int32 = 0

    package init(
        exitCode: Int32, signal: Int32 = 0, finishedAt: Int64, oomKilled: Bool = false, memoryPeak: Int64 = 0,
        logDropped: Int64 = 0, error: String? = nil
    ) {
        self.exitCode = exitCode
        self.signal = signal
        self.finishedAt = finishedAt
        self.oomKilled = oomKilled
        self.memoryPeak = memoryPeak
        self.logDropped = logDropped
        self.error = error
    }

    package init?(_ json: JSON) {
        guard let code = json["exitCode"]?.int, let finished = json["finishedAt"]?.int else { return nil }
        self.init(
            exitCode: Int32(truncatingIfNeeded: code), signal: Int32(truncatingIfNeeded: json["signal"]?.int ?? 0),
            finishedAt: finished, oomKilled: json["oomKilled"]?.bool ?? false,
            memoryPeak: json["memoryPeak"]?.int ?? 0, logDropped: json["logDropped"]?.int ?? 0,
            error: json["error"]?.string)
        refused = RefusedCall.list(json["refused"])
        pid = Int32(truncatingIfNeeded: json["pid"]?.int ?? 0)
    }

    package var json: JSON {
        var object: JSONObject = [
            "exitCode": .int(Int64(exitCode)), "signal": .int(Int64(signal)), "finishedAt": .int(finishedAt),
            "oomKilled": .bool(oomKilled), "memoryPeak": .int(memoryPeak), "logDropped": .int(logDropped),
        ]
        if let error { object["error"] = .string(error) }
        if pid != 0 { object["pid"] = .int(Int64(pid)) }
        if !refused.isEmpty { object["refused"] = .array(refused.map(\.json)) }
        return .object(object)
    }
}
