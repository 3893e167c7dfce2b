import GantryModel
import GantrySystem
import GantryWire

extension Call {
    /// Asks the client for a second connection and waits for it: the raw bytes of this call, both ways.
    ///
    /// The client is sent a token that works once, for its own user and namespace, for 30 s. The connection ends when
    /// the returned value goes, and is shut down when the call is cancelled.
    /// - Throws: `deadline_exceeded` when nobody came; the reason of a cancellation.
    package func openBulk() throws -> BulkConnection {
        precondition(method.mode == .bulk, "\(method.name) is not declared as bulk")
        let tokens = connection.server.tokens
        let offer = tokens.offer(uid: peer.uid, namespace: namespace)
        defer { tokens.withdraw(offer) }
        onCancel { offer.abandon() }
        try deliver(itemBytes: (["token": .string(offer.token)] as JSON).encoded())
        guard let bulk = offer.wait() else {
            try checkCancelled()
            throw GantryError(.deadlineExceeded, "\(method.name): no connection came for the token in time")
        }
        onCancel { bulk.shutDown() }
        return bulk
    }
}
