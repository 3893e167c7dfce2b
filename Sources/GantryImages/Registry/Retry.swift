/// Tries a request again when what went wrong may pass.
struct Retry {
    private let transport: Transport
    private var left: Int64
    private var delay: Int64

    init(_ transport: Transport) {
        self.transport = transport
        left = transport.options.attempts
        delay = transport.options.retryDelay
    }

    /// Begins to count anew: the last attempt has got somewhere.
    mutating func reset() { self = Retry(transport) }

    /// Waits before the next attempt, as long as the server asks to.
    /// - Throws: `error` itself when there is to be none; what the check for cancellation throws.
    mutating func wait(after error: any Error) throws {
        left -= 1
        guard left > 0 else { throw error }
        var pause = delay
        switch error {
        case let fault as TransferFault where fault.mayPass: break
        case let refusal as RegistryRefusal where refusal.mayPass: pause = max(pause, refusal.head.retryAfter * 1000)
        default: throw error
        }
        delay *= 4
        try transport.pause(milliseconds: pause)
    }
}
