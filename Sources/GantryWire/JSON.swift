/// A JSON value as Gantry sends and stores it: an enum tree, no Foundation, no Codable.
///
/// Numbers keep their kind: what is written without fraction and exponent and fits 64 bits is an integer and stays
/// exact (`int`, or `uint` above `Int64.max`); everything else is a `double`.
///
/// ```swift
/// let value: JSON = ["id": 7, "names": ["a", "b"]]
/// value["id"]?.int            // 7
/// value.text                  // {"id":7,"names":["a","b"]}
/// try JSON.parse(bytes)["id"]
/// ```
///
/// Source: RFC 8259. Stricter than it: no duplicate keys, no lone surrogates, nesting of at most `maximumDepth`.
public enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    /// Only for integers above `Int64.max`, so that every integer has one representation.
    case uint(UInt64)
    case double(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)

    /// How deep arrays and objects may nest. It bounds the stack of parser, writer and deinitialiser alike.
    public static let maximumDepth = 128

    /// The integer in its one representation: `int` where it fits.
    @inlinable
    public static func integer(_ value: UInt64) -> JSON {
        value <= UInt64(Int64.max) ? .int(Int64(value)) : .uint(value)
    }
}

// MARK: - Accessors

extension JSON {
    /// The string, or nil for another kind.
    @inlinable
    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The integer, or nil for another kind or above `Int64.max`.
    @inlinable
    public var int: Int64? {
        if case .int(let value) = self { value } else { nil }
    }

    /// The integer that is not negative, or nil for another kind.
    @inlinable
    public var uint: UInt64? {
        switch self {
        case .uint(let value): value
        case .int(let value): value >= 0 ? UInt64(value) : nil
        default: nil
        }
    }

    /// The number, integers included (rounded above 2^53), or nil for another kind.
    @inlinable
    public var double: Double? {
        switch self {
        case .double(let value): value
        case .int(let value): Double(value)
        case .uint(let value): Double(value)
        default: nil
        }
    }

    /// The truth value, or nil for another kind.
    @inlinable
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements, or nil for another kind.
    @inlinable
    public var array: [JSON]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members, or nil for another kind.
    @inlinable
    public var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// Whether the value is `null`.
    @inlinable
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The member `key`, or nil when there is none or this is no object. Cost: linear in the members.
    @inlinable
    public subscript(key: String) -> JSON? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    /// What the value is, for messages: "string", "integer", …
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .int, .uint: "integer"
        case .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
