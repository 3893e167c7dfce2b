/// The `error` member of a response: `{"code": -32001, "message": "…", "data": {"code": "not_found", …}}`.
public struct ErrorBody: Error, Sendable, Equatable {
    /// What went wrong, from the one vocabulary.
    public var code: ErrorCode
    /// The JSON-RPC number: the code's own, but for JSON-RPC's parse error (-32700) and invalid request (-32600).
    public var number: Int64
    /// "operation 'subject': reason", for people.
    public var message: String
    /// What lay beneath it, for people who look closer.
    public var cause: String?
    /// The request field that is at fault, if one is.
    public var field: String?
    /// What a program may want to know beyond the code; a failed start has its `exitCode` here.
    public var details: JSONObject?

    /// JSON-RPC's number for a frame that is no JSON.
    public static let parseError: Int64 = -32700
    /// JSON-RPC's number for JSON that is no request.
    public static let invalidRequest: Int64 = -32600

    /// Makes a body; `number` is the code's own when nil.
    public init(
        _ code: ErrorCode, _ message: String, cause: String? = nil, field: String? = nil, number: Int64? = nil,
        details: JSONObject? = nil
    ) {
        self.code = code
        self.number = number ?? code.rpcNumber
        self.message = message
        self.cause = cause
        self.field = field
        self.details = details
    }

    /// Reads a body leniently: what another implementation left out becomes `internal` and an empty message.
    public init(_ json: JSON) {
        let data = json["data"]
        let number = json["code"]?.int ?? ErrorCode.internal.rpcNumber
        let named = data?["code"]?.string.flatMap { ErrorCode(rawValue: $0) }
        self.init(
            named ?? ErrorCode.allCases.first { $0.rpcNumber == number } ?? .internal,
            json["message"]?.string ?? "", cause: data?["cause"]?.string, field: data?["field"]?.string, number: number,
            details: data?["details"]?.object)
    }

    /// The body as it stands in a response.
    public var json: JSON {
        var data: JSONObject = ["code": .string(code.rawValue)]
        if let cause { data["cause"] = .string(cause) }
        if let field { data["field"] = .string(field) }
        if let details { data["details"] = .object(details) }
        return ["code": .int(number), "message": .string(message), "data": .object(data)]
    }
}
