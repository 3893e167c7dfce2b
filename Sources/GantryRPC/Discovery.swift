import GantryWire

/// The OpenRPC document of a set of methods.
///
/// Source: OpenRPC 1.3. What it has no word for stands in `x-gantry-` members: access, mode, items of streams.
enum Discovery {
    static func document(_ methods: [Method], name: String, version: String) -> JSON {
        [
            "openrpc": "1.3.2",
            "info": ["title": .string(name), "version": .string(version)],
            "methods": .array(methods.sorted { $0.name < $1.name }.map(describe)),
            "x-gantry-common-params": .array(CommonParams.fields.map(describe)),
            "x-gantry-errors": .array(
                ErrorCode.allCases.map { ["code": .string($0.rawValue), "number": .int($0.rpcNumber)] }),
        ]
    }

    private static func describe(_ method: Method) -> JSON {
        var object: JSONObject = [
            "name": .string(method.name), "summary": .string(method.summary), "paramStructure": "by-name",
            "params": .array(method.params.map(describe)),
            "result": ["name": "result", "description": .string(method.result), "schema": [:]],
            "errors": .array(
                method.errors.map {
                    [
                        "code": .int($0.rpcNumber), "message": .string($0.rawValue),
                        "data": ["code": .string($0.rawValue)],
                    ]
                }),
            "x-gantry-access": .string(method.access.rawValue), "x-gantry-mode": .string(method.mode.rawValue),
        ]
        if let item = method.item { object["x-gantry-item"] = .string(item) }
        return .object(object)
    }

    private static func describe(_ field: Field) -> JSON {
        [
            "name": .string(field.name), "description": .string(field.doc), "required": .bool(field.required),
            "schema": field.type.schema,
        ]
    }
}
