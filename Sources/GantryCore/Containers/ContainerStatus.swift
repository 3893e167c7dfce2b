public import GantryModel
public import GantryWire

/// How a container is doing; the part of a container that changes.
public struct ContainerStatus: JSONConvertible, Equatable {
    /// Where it stands.
    public enum State: String, Sendable, CaseIterable {
        case created, running, paused, exited
    }

    /// Where it stands.
    public var state: State
    /// Process id of its init, as the host sees it, while it runs.
    public var pid: Int32?
    /// What its last run exited with; 128 + signal when it was killed by one.
    public var exitCode: Int32?
    /// When it was last started.
    public var startedAt: Timestamp?
    /// When its last run ended.
    public var finishedAt: Timestamp?
    /// Whether the kernel killed one of its processes for want of memory.
    public var oomKilled: Bool
    /// Why it could not be started or was lost.
    public var error: String?
    /// The signal that ended its last run; nil when none did.
    public var signal: Int32?
    /// The most memory its last run ever held, in bytes; nil when the kernel did not say.
    public var memoryPeak: Int64?
    /// Entries of its last run's log that were lost.
    public var logDropped: Int64?
    /// System calls of its last run that were refused, as far as they are known.
    package var refused: [RefusedCall] = []

    /// Makes a status; by default that of a container nobody has started.
    public init(
        state: State = .created, pid: Int32? = nil, exitCode: Int32? = nil, startedAt: Timestamp? = nil,
        finishedAt: Timestamp? = nil, oomKilled: Bool = false, error: String? = nil,
        signal: Int32? = nil, memoryPeak: Int64? = nil, logDropped: Int64? = nil
    ) {
        self.state = state
        self.pid = pid
        self.exitCode = exitCode
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.oomKilled = oomKilled
        self.error = error
        self.signal = signal
        self.memoryPeak = memoryPeak
        self.logDropped = logDropped
    }

    /// Reads what `json` wrote.
    public init(json: JSON) throws(GantryError) {
        let fields = try JSONFields(json, of: "container status")
        guard let state = State(rawValue: try fields.string("state")) else {
            throw GantryError(.invalidArgument, "read container status: field 'state' is none of the known states")
        }
        self.init(
            state: state, pid: try fields.optionalInt("pid").map { Int32(truncatingIfNeeded: $0) },
            exitCode: try fields.optionalInt("exitCode").map { Int32(truncatingIfNeeded: $0) },
            startedAt: try fields.optionalString("startedAt").map(Timestamp.reading),
            finishedAt: try fields.optionalString("finishedAt").map(Timestamp.reading),
            oomKilled: try fields.bool("oomKilled"), error: try fields.optionalString("error"),
            signal: try fields.optionalInt("signal").map { Int32(truncatingIfNeeded: $0) },
            memoryPeak: try fields.optionalInt("memoryPeak"), logDropped: try fields.optionalInt("logDropped"))
        refused = RefusedCall.list(fields.value("refused"))
    }

    /// `{state, pid?, exitCode?, startedAt?, finishedAt?, oomKilled?, error?, signal?, memoryPeak?, logDropped?, refused?}`.
    public var json: JSON {
        var object: JSONObject = ["state": .string(state.rawValue)]
        object.put("pid", pid.map { JSON.int(Int64($0)) })
        object.put("exitCode", exitCode.map { JSON.int(Int64($0)) })
        object.put("startedAt", startedAt?.description)
        object.put("finishedAt", finishedAt?.description)
        if oomKilled { object.append(new: "oomKilled", true) }
        object.put("error", error)
        object.put("signal", signal.map { JSON.int(Int64($0)) })
        object.put("memoryPeak", memoryPeak.map { JSON.int($0) })
        object.put("logDropped", logDropped.map { JSON.int($0) })
        if !refused.isEmpty { object.append(new: "refused", .array(refused.map(\.json))) }
        return .object(object)
    }
}

extension Timestamp {
    /// `init(_:)` as a function with a typed error, for `map`.
    fileprivate static func reading(_ text: String) throws(GantryError) -> Timestamp { try Timestamp(text) }
}
