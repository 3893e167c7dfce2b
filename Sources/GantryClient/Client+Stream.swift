import GantryModel
public import GantryWire

extension Client {
    /// Calls a method that streams; `onItem` gets every item, and the result ends it.
    ///
    /// Credit is granted as items are taken, so a slow `onItem` slows the daemon down and nothing piles up. When
    /// `onItem` throws, the call is cancelled, and its error comes out.
    @discardableResult
    public func stream(
        _ method: String, _ params: JSONObject = [:], onItem: (JSON) throws -> Void
    ) throws -> JSON {
        let id = try begin(method, params)
        // More than the daemon starts with: a list of thousands should not wait for us in between.
        try notify("$/grant", ["id": .int(id), "items": 960, "bytes": .int(7 << 20)])
        var items: Int64 = 0
        var bytes: Int64 = 0
        while true {
            switch try next(id) {
            case .end(let result): return try result.get()
            case .item(let item, let size):
                do { try onItem(item) } catch {
                    cancel(id)
                    throw error
                }
                items += 1
                bytes += Int64(size)
                guard items >= 256 || bytes >= 1 << 20 else { continue }
                try notify("$/grant", ["id": .int(id), "items": .int(items), "bytes": .int(bytes)])
                (items, bytes) = (0, 0)
            }
        }
    }

    /// Withdraws a call and waits for its end, whatever that is.
    func cancel(_ id: Int64) {
        do throws(GantryError) {
            try notify("$/cancel", ["id": .int(id)])
            while true {
                if case .end = try next(id) { return }
            }
        } catch {
            // The connection is gone, and the call with it.
        }
    }
}
