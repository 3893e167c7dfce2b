/// What ends a command: a message on standard error and an exit status.
struct Failure: Error, Equatable {
    /// Without "Error: " in front; empty when everything has been said.
    var message: String
    var status: Int32

    init(_ message: String, status: Int32 = 1) {
        self.message = message
        self.status = status
    }

    /// Ends with `status` and says nothing: the exit of a container, or errors that were told one by one.
    static func silent(_ status: Int32) -> Failure { Failure("", status: status) }

    /// What `docker run` exits with when the fault is not the container's.
    static let runStatus: Int32 = 125
}
