public import GantryModel
public import GantryWire

extension Client {
    /// Calls a method once for each of several parameters, without waiting in between, and tells the results in the
    /// order of the parameters: ten containers that take ten seconds to stop are stopped in ten seconds.
    ///
    /// When `onResult` throws, its error comes out and later results are not told; the calls go on nevertheless.
    public func call(
        _ method: String, each params: [JSONObject],
        onResult: (_ index: Int, _ result: Result<JSON, GantryError>) throws -> Void
    ) throws {
        // Half of what a connection may have in flight, so that `onResult` can make calls of its own.
        let most = 64
        var ids: [Int64] = []
        for index in params.indices {
            while ids.count < params.count, ids.count - index < most {
                ids.append(try begin(method, params[ids.count]))
            }
            var result: Result<JSON, GantryError>?
            while result == nil {
                if case .end(let end) = try next(ids[index]) { result = end }
            }
            if let result { try onResult(index, result) }
        }
    }
}
