/// A system call that a container's filter refused, and how often: what a shim counts and the daemon names.
package struct RefusedCall: Sendable, Equatable {
    package var number: UInt32
    /// AUDIT_ARCH_….
    package var architecture: UInt32
    /// What it answered; 0 when the process was killed for it.
    package var errno: Int32
    /// The program that made it, as /proc/PID/comm has it; the first one's.
    package var command: String
    package var count: Int64
    /// Whether it is known to be of this container, and not only likely.
    package var isCertain: Bool

    package init(
        number: UInt32, architecture: UInt32, errno: Int32, command: String, count: Int64 = 1, isCertain: Bool = true
    ) {
        self.number = number
        self.architecture = architecture
        self.errno = errno
        self.command = command
        self.count = count
        self.isCertain = isCertain
    }

    package init?(_ json: JSON) {
        guard let number = json["number"]?.uint, let architecture = json["arch"]?.uint, let errno = json["errno"]?.int
        else { return nil }
        self.init(
            number: UInt32(truncatingIfNeeded: number), architecture: UInt32(truncatingIfNeeded: architecture),
            errno: Int32(truncatingIfNeeded: errno), command: json["command"]?.string ?? "",
            count: json["count"]?.int ?? 1, isCertain: json["likely"]?.bool != true)
    }

    package var json: JSON {
        var object: JSONObject = [
            "number": .int(Int64(number)), "arch": .int(Int64(architecture)), "errno": .int(Int64(errno)),
            "command": .string(command), "count": .int(count),
        ]
        if !isCertain { object["likely"] = true }
        return .object(object)
    }

    /// Reads a list; what is none is left out.
    package static func list(_ json: JSON?) -> [RefusedCall] { (json?.array ?? []).compactMap { RefusedCall($0) } }
}
