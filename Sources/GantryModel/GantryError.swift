public import GantryWire

/// The one error that crosses a boundary: contracts throw it, the RPC carries it, the command line prints it.
///
/// `message` is for people and reads "operation 'subject': reason"; programs decide by `code` only.
public struct GantryError: Error, Sendable, Equatable {
    /// What kind of failure it is; `ErrorCode` holds the table to RPC numbers, HTTP and exit status.
    public var code: ErrorCode
    /// "operation 'subject': reason", without a final full stop.
    public var message: String
    /// What a lower layer said, when that says more than the message; never needed to understand it.
    public var cause: String?
    /// What a program may want to know beyond the code; nil for most. A failed start has its `exitCode` here.
    public var details: JSONObject?

    /// Makes an error; `cause` is shown after the message, in parentheses.
    public init(_ code: ErrorCode, _ message: String, cause: String? = nil, details: JSONObject? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
        self.details = details
    }
}

extension GantryError: CustomStringConvertible {
    /// The message, followed by the cause when there is one.
    public var description: String {
        guard let cause else { return message }
        return "\(message) (\(cause))"
    }
}
