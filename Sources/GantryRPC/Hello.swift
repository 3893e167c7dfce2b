import GantryWire

/// The first exchange on a connection: which protocol, and what both sides can do.
enum Hello {
    /// The one version of the protocol that there is.
    static let version: Int64 = 1
    static let features = ["streams", "bulk", "cancel", "deadlines"]

    /// What `rpc.hello` answers. Unknown parameters and features are passed over: newer clients may know more.
    static func answer(_ params: JSONObject, name: String, version: String, readOnly: Bool) throws(ErrorBody) -> JSON {
        guard let wanted = params["protocol"]?.int else {
            throw ErrorBody(.invalidArgument, "rpc.hello 'protocol': needs an integer", field: "protocol")
        }
        guard wanted == Self.version else {
            throw ErrorBody(
                .failedPrecondition, "rpc.hello: protocol \(wanted) is not spoken here, only \(Self.version)")
        }
        return [
            "protocol": .int(Self.version), "server": .string(name), "version": .string(version),
            "features": .array(features.map { .string($0) }), "readOnly": .bool(readOnly),
        ]
    }
}
