import GantryWire

/// The daemon's answer that it did not do what was asked, or that it gave no answer.
struct Refusal: Error, Equatable {
    var code: ErrorCode
    /// Message and cause, as they are shown.
    var message: String
    /// What `run` should exit with, when the daemon knows: 125, 126 or 127.
    var exitCode: Int32?

    /// As the end of a command whose errors of this kind exit with `status`.
    func failure(status: Int32) -> Failure { Failure(message, status: exitCode ?? status) }
}
