/// One JSON-RPC 2.0 message, in either direction.
///
/// Source: JSON-RPC 2.0 (2013). Stricter than it: params are objects, a request's id is an integer or a string, there
/// are no batches.
public enum Envelope: Sendable, Equatable {
    case request(id: RequestID, method: String, params: JSONObject)
    case notification(method: String, params: JSONObject)
    case result(id: RequestID, JSON)
    /// `id` is nil when the message that failed could not be read far enough to know it.
    case failure(id: RequestID?, ErrorBody)

    /// Reads the message that a frame holds. Members that JSON-RPC does not know are ignored.
    public init(_ message: JSONObject) throws(EnvelopeError) {
        var version: JSON?
        var id: JSON?
        var method: JSON?
        var params: JSON?
        var result: JSON?
        var error: JSON?
        for member in message.members {
            switch member.key {
            case "jsonrpc": version = member.value
            case "id": id = member.value
            case "method": method = member.value
            case "params": params = member.value
            case "result": result = member.value
            case "error": error = member.value
            default: break
            }
        }
        let known = id.flatMap { RequestID($0) }
        guard version == .string("2.0") else { throw EnvelopeError(id: known, reason: "jsonrpc is not \"2.0\"") }
        if let method {
            guard case .string(let name) = method else {
                throw EnvelopeError(id: known, reason: "method is not a string")
            }
            let arguments: JSONObject
            switch params {
            case nil: arguments = JSONObject()
            case .object(let object)?: arguments = object
            default: throw EnvelopeError(id: known, reason: "params is not an object")
            }
            if id == nil {
                self = .notification(method: name, params: arguments)
            } else if let known {
                self = .request(id: known, method: name, params: arguments)
            } else {
                throw EnvelopeError(id: nil, reason: "id is neither an integer nor a string")
            }
        } else if let error {
            self = .failure(id: known, ErrorBody(error))
        } else if let result, let known {
            self = .result(id: known, result)
        } else {
            throw EnvelopeError(id: known, reason: "neither method, nor result and id, nor error")
        }
    }
}

/// Which request an answer belongs to, chosen by who asks.
public enum RequestID: Hashable, Sendable, CustomStringConvertible {
    case int(Int64)
    case string(String)

    /// Nil for what cannot be an id.
    public init?(_ value: JSON) {
        switch value {
        case .int(let number): self = .int(number)
        case .string(let text): self = .string(text)
        default: return nil
        }
    }

    /// The id as it stands in messages.
    public var json: JSON {
        switch self {
        case .int(let number): .int(number)
        case .string(let text): .string(text)
        }
    }

    public var description: String {
        switch self {
        case .int(let number): String(number)
        case .string(let text): text
        }
    }
}

/// A frame held a JSON object, but no JSON-RPC 2.0 message. The stream itself is intact.
public struct EnvelopeError: Error, Sendable, Equatable {
    /// The id, if it could be read.
    public let id: RequestID?
    /// What is wrong with it.
    public let reason: String

    /// Makes an error.
    public init(id: RequestID?, reason: String) {
        self.id = id
        self.reason = reason
    }
}
