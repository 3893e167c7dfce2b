import GantryWire

/// One request parameter, as it is declared, checked and shown by `rpc.discover`.
package struct Field: Sendable {
    package let name: String
    package let type: FieldType
    package let required: Bool
    /// One sentence: what it is, its unit, its default.
    package let doc: String

    package init(_ name: String, _ type: FieldType, required: Bool = false, _ doc: String) {
        self.name = name
        self.type = type
        self.required = required
        self.doc = doc
    }
}

/// What a parameter may be.
package indirect enum FieldType: Sendable, Equatable {
    case string
    case boolean
    /// A 64-bit integer.
    case integer
    /// An integer that is not negative.
    case count
    case number
    /// An object of any members; the handler judges them.
    case object
    case any
    case array(FieldType)
    /// An object whose values are all of one type, as labels are.
    case map(FieldType)
    /// One of these strings.
    case oneOf([String])

    /// Nil when `value` fits; else where (below `path`) and what was needed.
    func mismatch(_ value: JSON, at path: String) -> (path: String, needed: String)? {
        switch (self, value) {
        case (.any, _), (.string, .string), (.boolean, .bool), (.object, .object): return nil
        case (.integer, .int), (.integer, .uint), (.count, .uint): return nil
        case (.number, .int), (.number, .uint), (.number, .double): return nil
        case (.count, .int(let number)) where number >= 0: return nil
        case (.oneOf(let choices), .string(let text)) where choices.contains(text): return nil
        case (.array(let element), .array(let values)):
            for (index, value) in values.enumerated() {
                if let bad = element.mismatch(value, at: "\(path)[\(index)]") { return bad }
            }
            return nil
        case (.map(let element), .object(let object)):
            for member in object.members {
                if let bad = element.mismatch(member.value, at: "\(path).\(member.key)") { return bad }
            }
            return nil
        default: return (path, description)
        }
    }

    /// For messages: "a string", "one of a, b".
    var description: String {
        switch self {
        case .string: "a string"
        case .boolean: "true or false"
        case .integer: "an integer"
        case .count: "an integer that is not negative"
        case .number: "a number"
        case .object, .map: "an object"
        case .any: "a value"
        case .array: "an array"
        case .oneOf(let choices): "one of " + choices.joined(separator: ", ")
        }
    }

    /// The JSON Schema of it.
    var schema: JSON {
        switch self {
        case .string: ["type": "string"]
        case .boolean: ["type": "boolean"]
        case .integer: ["type": "integer"]
        case .count: ["type": "integer", "minimum": 0]
        case .number: ["type": "number"]
        case .object: ["type": "object"]
        case .any: [:]
        case .array(let element): ["type": "array", "items": element.schema]
        case .map(let element): ["type": "object", "additionalProperties": element.schema]
        case .oneOf(let choices): ["type": "string", "enum": .array(choices.map { .string($0) })]
        }
    }
}
