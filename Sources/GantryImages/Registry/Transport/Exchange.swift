import GantrySystem
import GantryWire

/// One request's answer while it arrives. Lives on the thread that performs it.
final class Exchange {
    /// What became of the answer so far.
    private(set) var head = HTTPHead()
    /// What a callback threw, which ended the exchange; thrown on by the caller.
    private(set) var failure: (any Error)?
    /// Set when the rest of a body is of no interest and the exchange was ended for that reason alone.
    private(set) var isEnough = false

    private let begin: (HTTPHead) throws -> Void
    private let body: (UnsafeRawBufferPointer) throws -> Void
    private let check: () throws -> Void
    /// Nanoseconds without a byte that count as a stall.
    private let patience: Int64
    /// Since when nothing has come, on the monotonic clock; nil when the next tick is to begin to count. What comes sets
    /// it to nil, after our side has dealt with it.
    private var silentSince: Int64?
    /// Whether the connection is up.
    var isConnected: () -> Bool = { true }
    private var headBytes = 0
    private var hasBegun = false

    /// More than this a header never has, and of a failure nobody reads more.
    private static let limit = 64 << 10

    /// - Parameters:
    ///   - begin: told once, before the first byte of the body, about an answer with a status of success.
    ///   - body: told its bytes.
    ///   - check: throws when the answer is no longer wanted.
    ///   - patience: seconds that the server may be silent.
    init(
        begin: @escaping (HTTPHead) throws -> Void, body: @escaping (UnsafeRawBufferPointer) throws -> Void,
        check: @escaping () throws -> Void, patience: Int64
    ) {
        self.patience = patience * 1_000_000_000
        self.begin = begin
        self.body = body
        self.check = check
    }

    /// The exchange behind a callback's pointer.
    static func at(_ user: UnsafeMutableRawPointer?) -> Exchange {
        Unmanaged<Exchange>.fromOpaque(user!).takeUnretainedValue()
    }

    func take(header: UnsafeRawBufferPointer) -> Bool {
        defer { silentSince = nil }
        return attempt {
            headBytes += header.count
            guard headBytes <= Self.limit else {
                throw TransferFault(
                    kind: .refused(.dataLoss), host: "",
                    detail: "its answer has a header of more than \(Self.limit) bytes")
            }
            head.take(line: String(decoding: header, as: UTF8.self))
        }
    }

    func take(body bytes: UnsafeRawBufferPointer) -> Bool {
        defer { silentSince = nil }
        if head.isSuccess {
            return attempt {
                try beginOnce()
                try body(bytes)
            }
        }
        head.failureBody.append(contentsOf: bytes.prefix(Self.limit - head.failureBody.count))
        isEnough = head.failureBody.count == Self.limit
        return !isEnough
    }

    /// Ends what nobody wants and what does not move. libcurl could watch the speed, but averages over five
    /// seconds and counts the time that our side takes.
    func tick() -> Bool {
        attempt {
            try check()
            let now = Clock.monotonic
            guard let since = silentSince else {
                // How long a connection may take to come up is libcurl's to watch.
                if isConnected() { silentSince = now }
                return
            }
            guard now - since < patience else {
                throw TransferFault(
                    kind: .stalled, host: "", detail: "nothing came for \(patience / 1_000_000_000) seconds")
            }
        }
    }

    /// The answer is complete: one without a body begins here.
    func end() throws {
        if head.isSuccess { try beginOnce() }
    }

    private func beginOnce() throws {
        guard !hasBegun else { return }
        hasBegun = true
        try begin(head)
    }

    private func attempt(_ work: () throws -> Void) -> Bool {
        do {
            try work()
            return true
        } catch {
            failure = error
            return false
        }
    }
}
