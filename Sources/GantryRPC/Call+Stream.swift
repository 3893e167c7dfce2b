import GantryModel
import GantrySystem
package import GantryWire

extension Call {
    /// Sends one item of a stream; blocks while the client has no credit left or its connection is clogged.
    ///
    /// - Throws: `cancelled`, `deadline_exceeded` or `unavailable` once the call is cancelled; `internal` for an item
    ///   that is larger than a frame.
    package func send(item: JSON) throws { try send(itemBytes: item.encoded()) }

    /// The same for an item that is JSON text already.
    package func send(itemBytes json: [UInt8]) throws {
        guard let credit else { preconditionFailure("\(method.name) is no stream") }
        let cancelled: Cancellation?? = credit.wait { credit in
            if let cancellation = self.cancellation { return .some(cancellation) }
            return credit.take(bytes: json.count) ? .some(nil) : nil
        }
        if case .some(.some(let reason)) = cancelled { throw error(reason) }
        try deliver(itemBytes: json)
        while !connection.outbox.waitForRoom(milliseconds: 1000) { try checkCancelled() }
        try checkCancelled()
    }

    /// Puts an item on the wire, credit or not.
    func deliver(itemBytes json: [UInt8]) throws {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(json.count + 96)
        let length = Frame.append(into: &bytes) { bytes in
            bytes.append(static: #"{"jsonrpc":"2.0","method":"$/item","params":{"id":"#)
            id.json.encode(into: &bytes)
            bytes.append(static: #","item":"#)
            bytes.append(contentsOf: json)
            bytes.append(static: "}}")
        }
        guard length <= Frame.maximumLength else {
            throw GantryError(.internal, "\(method.name): an item of \(json.count) bytes does not fit a frame")
        }
        connection.outbox.send(bytes)
    }

    /// The client can take more.
    func grant(items: Int64, bytes: Int64) {
        credit?.with { $0.grant(items: items, bytes: bytes) }
        credit?.wakeAll()
    }
}
