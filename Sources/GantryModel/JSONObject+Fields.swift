public import GantryWire

extension JSONObject {
    /// Adds a member unless the value is absent or an empty collection; the way documents here leave things out.
    package mutating func put(_ key: String, _ value: JSON?) {
        switch value {
        case nil, .array([])?: return
        case .object(let object)? where object.isEmpty: return
        case let value?: append(new: key, value)
        }
    }

    /// Adds a string member unless it is nil.
    package mutating func put(_ key: String, _ value: String?) {
        if let value { append(new: key, .string(value)) }
    }
}

extension JSON {
    /// A map of strings as an object, sorted by key so that equal maps are written equally.
    public static func map(_ map: [String: String]) -> JSON {
        var object = JSONObject()
        for (key, value) in map.sorted(by: { $0.key < $1.key }) { object.append(new: key, .string(value)) }
        return .object(object)
    }

    /// The members of an object that are strings; empty for anything else.
    public var stringMap: [String: String] {
        var map = [String: String]()
        for (key, value) in object?.members ?? [] { map[key] = value.string }
        return map
    }

    /// A list of strings.
    public static func strings(_ strings: [String]) -> JSON { .array(strings.map { .string($0) }) }

    /// Parses a document.
    /// - Throws: `.invalidArgument` that names `subject` and the byte at which the text stops being JSON.
    public static func document(_ bytes: [UInt8], of subject: String) throws(GantryError) -> JSON {
        do {
            return try JSON.parse(bytes)
        } catch {
            throw GantryError(.invalidArgument, "read \(subject): not JSON: \(error)")
        }
    }
}

extension JSONConvertible {
    /// Reads the value from the bytes of a document.
    /// - Throws: `.invalidArgument` when the bytes are no JSON or a field is wrong.
    public init(document bytes: [UInt8], of subject: String) throws(GantryError) {
        try self.init(json: .document(bytes, of: subject))
    }
}
