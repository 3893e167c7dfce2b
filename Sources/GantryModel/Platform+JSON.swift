public import GantryWire

extension Platform: JSONConvertible {
    /// Reads `{os, architecture, variant?, "os.version"?}`.
    public init(json: JSON) throws(GantryError) {
        let fields = try JSONFields(json, of: "platform")
        self.init(
            os: try fields.string("os"), architecture: try fields.string("architecture"),
            variant: try fields.optionalString("variant"), osVersion: try fields.optionalString("os.version"))
    }

    /// `{architecture, os, "os.version"?, variant?}`.
    public var json: JSON {
        var object: JSONObject = ["architecture": .string(architecture), "os": .string(os)]
        object.put("os.version", osVersion)
        object.put("variant", variant)
        return .object(object)
    }
}
