import CCurl
import Synchronization

/// The handles of one conversation: as many as were needed at once, each with its open connections.
final class HandlePool: @unchecked Sendable {
    // SAFETY: `share` is made once, is safe for several threads, and is freed here after the handles that use it.
    private let share: OpaquePointer
    private let idle = Mutex<[CurlHandle]>([])

    /// Loads libcurl where this process has not yet.
    /// - Throws: `.library` when there is none, `.local` when there is no memory.
    init() throws(TransferFault) {
        if let reason = cc_load() {
            throw TransferFault(
                kind: .library, host: "", detail: "libcurl cannot be loaded: \(String(cString: reason))")
        }
        guard let share = cc_share_create() else { throw Self.noMemory }
        self.share = share
    }

    deinit {
        idle.withLock { $0 = [] }
        cc_share_destroy(share)
    }

    private static let noMemory = TransferFault(kind: .local, host: "", detail: "out of memory")

    /// Lends a handle: the one that was used last, since its connection is the freshest.
    func with<Result>(_ body: (CurlHandle) throws -> Result) throws -> Result {
        guard let handle = idle.withLock({ $0.popLast() }) ?? CurlHandle(share: share) else { throw Self.noMemory }
        defer { idle.withLock { $0.append(handle) } }
        return try body(handle)
    }
}
