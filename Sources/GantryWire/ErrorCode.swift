/// What went wrong, as a machine sees it: the one vocabulary of every contract, of the wire, of gateways and the CLI.
///
/// The raw value stands in `error.data.code` of a JSON-RPC error. The table below is the only place where a code is
/// turned into something else; `docs/protocol.md` shows it.
public enum ErrorCode: String, Sendable, Equatable, CaseIterable {
    /// The request itself is wrong, whatever the state of the system.
    case invalidArgument = "invalid_argument"
    case notFound = "not_found"
    case alreadyExists = "already_exists"
    /// The state of the system forbids it now: children remain, the container runs.
    case failedPrecondition = "failed_precondition"
    /// Something that is needed does not answer; a later try may succeed.
    case unavailable = "unavailable"
    /// A limit is reached: disk, quota, requests in flight.
    case resourceExhausted = "resource_exhausted"
    case deadlineExceeded = "deadline_exceeded"
    case permissionDenied = "permission_denied"
    case unimplemented = "unimplemented"
    /// Stored or transferred bytes are not what they should be.
    case dataLoss = "data_loss"
    /// The caller withdrew, or went away.
    case cancelled = "cancelled"
    /// A concurrent change won; read again and retry.
    case aborted = "aborted"
    /// A defect of Gantry.
    case `internal` = "internal"

    /// The number in `error.code`: JSON-RPC's own where one fits, else Gantry's in -32013 … -32001.
    public var rpcNumber: Int64 { row.rpc }
    /// The status a gateway answers with.
    public var httpStatus: Int { row.http }
    /// The exit status of the CLI, for commands that docker does not give one of its own (125, 126, 127).
    public var exitStatus: Int32 { row.exit }

    private var row: (rpc: Int64, http: Int, exit: Int32) {
        switch self {
        case .invalidArgument: (-32602, 400, 1)
        case .notFound: (-32001, 404, 1)
        case .alreadyExists: (-32002, 409, 1)
        case .failedPrecondition: (-32003, 409, 1)
        case .unavailable: (-32004, 503, 1)
        case .resourceExhausted: (-32005, 429, 1)
        case .deadlineExceeded: (-32006, 504, 124)
        case .permissionDenied: (-32007, 403, 1)
        case .unimplemented: (-32601, 501, 1)
        case .dataLoss: (-32008, 500, 1)
        case .cancelled: (-32009, 499, 130)
        case .aborted: (-32010, 409, 1)
        case .internal: (-32603, 500, 1)
        }
    }
}
