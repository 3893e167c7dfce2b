internal import CLinux

/// Why the kernel refused a call: the `errno` of errno(3), as a value.
package struct Errno: Error, Equatable, Hashable, Sendable {
    package let code: Int32

    package init(_ code: Int32) { self.code = code }

    package static let perm = Errno(1)
    package static let noEntry = Errno(2)
    package static let noProcess = Errno(3)
    package static let interrupted = Errno(4)
    package static let io = Errno(5)
    /// No such device or address (ENXIO): what SEEK_DATA says behind the last data.
    package static let noAddress = Errno(6)
    package static let notExecutable = Errno(8)
    package static let badDescriptor = Errno(9)
    package static let noChild = Errno(10)
    package static let again = Errno(11)
    package static let noMemory = Errno(12)
    package static let access = Errno(13)
    /// Block device required (ENOTBLK).
    package static let noBlockDevice = Errno(15)
    package static let busy = Errno(16)
    package static let exists = Errno(17)
    package static let crossDevice = Errno(18)
    package static let notDirectory = Errno(20)
    package static let isDirectory = Errno(21)
    package static let invalid = Errno(22)
    package static let tooManyOpen = Errno(24)
    package static let notTerminal = Errno(25)
    package static let fileTooBig = Errno(27)
    package static let noSpace = Errno(28)
    package static let readOnly = Errno(30)
    package static let brokenPipe = Errno(32)
    package static let range = Errno(34)
    package static let nameTooLong = Errno(36)
    package static let unknownCall = Errno(38)
    package static let notEmpty = Errno(39)
    package static let loop = Errno(40)
    package static let noData = Errno(61)
    package static let overflow = Errno(75)
    package static let notSupported = Errno(95)
    package static let addressInUse = Errno(98)
    package static let connectionReset = Errno(104)
    package static let notConnected = Errno(107)
    package static let timedOut = Errno(110)
    package static let connectionRefused = Errno(111)
    package static let stale = Errno(116)
    package static let quota = Errno(122)

    /// The words of strerror(3) for those a container engine meets, "errno N" for the rest.
    package var reason: String {
        switch self {
        case .perm: "operation not permitted"
        case .noEntry: "no such file or directory"
        case .noProcess: "no such process"
        case .io: "input/output error"
        case .badDescriptor: "bad file descriptor"
        case .again: "resource temporarily unavailable"
        case .noMemory: "cannot allocate memory"
        case .access: "permission denied"
        case .busy: "device or resource busy"
        case .exists: "file exists"
        case .crossDevice: "invalid cross-device link"
        case .notDirectory: "not a directory"
        case .isDirectory: "is a directory"
        case .invalid: "invalid argument"
        case .tooManyOpen: "too many open files"
        case .notTerminal: "not a terminal"
        case .fileTooBig: "file too large"
        case .noSpace: "no space left on device"
        case .readOnly: "read-only file system"
        case .brokenPipe: "broken pipe"
        case .range: "result too large"
        case .nameTooLong: "file name too long"
        case .unknownCall: "function not implemented"
        case .notEmpty: "directory not empty"
        case .loop: "too many levels of symbolic links"
        case .noData: "no data available"
        case .overflow: "value too large for defined data type"
        case .notSupported: "operation not supported"
        case .addressInUse: "address already in use"
        case .connectionReset: "connection reset by peer"
        case .notConnected: "transport endpoint is not connected"
        case .timedOut: "connection timed out"
        case .connectionRefused: "connection refused"
        case .stale: "stale file handle"
        case .quota: "disk quota exceeded"
        default: "errno \(code)"
        }
    }
}

extension Errno: CustomStringConvertible {
    package var description: String { reason }
}

/// The one gate: a negative result of a C call becomes the error, anything else its value.
@discardableResult
package func check(_ result: Int32) throws(Errno) -> Int32 {
    if result < 0 { throw Errno(-result) }
    return result
}

/// The same for calls that count bytes.
@discardableResult
package func check(_ result: Int64) throws(Errno) -> Int {
    if result < 0 { throw Errno(Int32(-result)) }
    return Int(result)
}
