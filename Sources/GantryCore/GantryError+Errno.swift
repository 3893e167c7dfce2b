package import GantryModel
package import GantrySystem
package import GantryWire

extension GantryError {
    /// What a refused system call means to a caller: `operation` reads "verb 'subject'", the kernel's reason follows it.
    ///
    /// A full disk is `resource_exhausted`, so that clients can tell it from a defect; what has no better code is
    /// `internal`.
    package init(_ operation: String, _ errno: Errno) {
        self.init(errno.errorCode, "\(operation): \(errno.reason)")
    }
}

extension Errno {
    /// The code of the one vocabulary that fits this errno when nothing more is known.
    package var errorCode: ErrorCode {
        switch self {
        case .noEntry, .noProcess, .notDirectory: .notFound
        case .exists: .alreadyExists
        case .noSpace, .quota, .tooManyOpen, .noMemory: .resourceExhausted
        case .busy, .notEmpty, .readOnly: .failedPrecondition
        case .perm, .access: .permissionDenied
        case .invalid, .nameTooLong, .loop: .invalidArgument
        case .timedOut: .deadlineExceeded
        case .connectionRefused, .connectionReset, .brokenPipe, .again: .unavailable
        case .notSupported, .unknownCall: .unimplemented
        default: .internal
        }
    }
}

/// Runs kernel calls and says what they were for when one is refused.
package func describing<Result: ~Copyable>(
    _ operation: @autoclosure () -> String, _ body: () throws(Errno) -> Result
) throws(GantryError) -> Result {
    do throws(Errno) {
        return try body()
    } catch {
        throw GantryError(operation(), error)
    }
}
