extension Envelope {
    /// Appends the message as a frame. Returns false, having appended nothing, when it is too long for one.
    @discardableResult
    public func appendFrame(into bytes: inout [UInt8]) -> Bool {
        Frame.append(into: &bytes) { encode(into: &$0) } <= Frame.maximumLength
    }

    /// The message as a frame.
    public func frame() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        appendFrame(into: &bytes)
        return bytes
    }

    /// Appends the message's JSON, without a frame's length.
    public func encode(into bytes: inout [UInt8]) {
        bytes.append(static: #"{"jsonrpc":"2.0""#)
        switch self {
        case .request(let id, let method, let params):
            bytes.append(static: #","id":"#)
            id.json.encode(into: &bytes)
            Self.encode(method, params, into: &bytes)
        case .notification(let method, let params): Self.encode(method, params, into: &bytes)
        case .result(let id, let result):
            bytes.append(static: #","id":"#)
            id.json.encode(into: &bytes)
            bytes.append(static: #","result":"#)
            result.encode(into: &bytes)
        case .failure(let id, let body):
            bytes.append(static: #","id":"#)
            (id?.json ?? .null).encode(into: &bytes)
            bytes.append(static: #","error":"#)
            body.json.encode(into: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Appends the frame of a result that is JSON text already. Returns false, having appended nothing, when it is
    /// too long for a frame.
    @discardableResult
    public static func appendResult(id: RequestID, json: [UInt8], into bytes: inout [UInt8]) -> Bool {
        let length = Frame.append(into: &bytes) { bytes in
            bytes.append(static: #"{"jsonrpc":"2.0","id":"#)
            id.json.encode(into: &bytes)
            bytes.append(static: #","result":"#)
            bytes.append(contentsOf: json)
            bytes.append(UInt8(ascii: "}"))
        }
        return length <= Frame.maximumLength
    }

    private static func encode(_ method: String, _ params: JSONObject, into bytes: inout [UInt8]) {
        bytes.append(static: #","method":"#)
        bytes.append(quoted: method)
        bytes.append(static: #","params":"#)
        params.encode(into: &bytes)
    }
}
