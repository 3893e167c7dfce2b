public import GantryWire

/// A value that has a JSON form.
public protocol JSONConvertible: Sendable {
    /// Reads the value.
    /// - Throws: `.invalidArgument` naming the field that is missing or has the wrong type.
    init(json: JSON) throws(GantryError)
    /// The value as JSON; absent members are left out.
    var json: JSON { get }
}

/// Reads the members of one object and names the field in every complaint.
///
/// Unknown members are ignored: documents of others (manifests, configurations) may carry more than we know. `null`
/// counts as absent, because Go writes it for empty lists and maps.
public struct JSONFields: Sendable {
    /// The members.
    public let object: JSONObject
    /// What the object is, for messages: `image manifest`, `image manifest: config`.
    public let subject: String

    /// Wraps an object.
    /// - Throws: `.invalidArgument` when `json` is no object.
    public init(_ json: JSON, of subject: String) throws(GantryError) {
        guard let object = json.object else {
            throw GantryError(.invalidArgument, "read \(subject): expected an object, found \(json.kind)")
        }
        self.object = object
        self.subject = subject
    }

    /// The member, when it is there and not null.
    public func value(_ key: String) -> JSON? {
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    /// A string that must be there.
    public func string(_ key: String) throws(GantryError) -> String {
        try required(key, optionalString(key))
    }

    /// A string that may be absent.
    public func optionalString(_ key: String) throws(GantryError) -> String? {
        guard let value = value(key) else { return nil }
        guard let string = value.string else { throw wrong(key, "a string", value) }
        return string
    }

    /// A 64-bit integer that must be there.
    public func int(_ key: String) throws(GantryError) -> Int64 {
        try required(key, optionalInt(key))
    }

    /// A 64-bit integer that may be absent.
    public func optionalInt(_ key: String) throws(GantryError) -> Int64? {
        guard let value = value(key) else { return nil }
        guard let int = value.int else { throw wrong(key, "an integer", value) }
        return int
    }

    /// A truth value; false when absent.
    public func bool(_ key: String) throws(GantryError) -> Bool {
        guard let value = value(key) else { return false }
        guard let bool = value.bool else { throw wrong(key, "true or false", value) }
        return bool
    }

    /// A list; empty when absent.
    public func array(_ key: String) throws(GantryError) -> [JSON] {
        guard let value = value(key) else { return [] }
        guard let array = value.array else { throw wrong(key, "a list", value) }
        return array
    }

    /// A list of strings; nil when absent (an absent list and an empty one can mean different things).
    public func optionalStrings(_ key: String) throws(GantryError) -> [String]? {
        guard value(key) != nil else { return nil }
        var strings: [String] = []
        for (index, element) in try array(key).enumerated() {
            guard let string = element.string else { throw wrong("\(key)[\(index)]", "a string", element) }
            strings.append(string)
        }
        return strings
    }

    /// A map of strings; empty when absent.
    public func stringMap(_ key: String) throws(GantryError) -> [String: String] {
        guard let value = value(key) else { return [:] }
        guard let object = value.object else { throw wrong(key, "an object", value) }
        var map: [String: String] = [:]
        for (name, member) in object.members {
            guard let string = member.string else { throw wrong("\(key).\(name)", "a string", member) }
            map[name] = string
        }
        return map
    }

    /// The sorted names of an object's members; Go's way to write a set.
    public func keySet(_ key: String) throws(GantryError) -> [String] {
        guard let value = value(key) else { return [] }
        guard let object = value.object else { throw wrong(key, "an object", value) }
        return object.members.map(\.key).sorted()
    }

    /// A digest that must be there.
    public func digest(_ key: String) throws(GantryError) -> Digest {
        let text = try string(key)
        do {
            return try Digest(text)
        } catch {
            throw GantryError(.invalidArgument, "read \(subject): field '\(key)': \(error.message)")
        }
    }

    /// A nested object that may be absent.
    public func optional<Value: JSONConvertible>(_ key: String, as type: Value.Type) throws(GantryError) -> Value? {
        guard let value = value(key) else { return nil }
        do {
            return try Value(json: value)
        } catch {
            throw GantryError(error.code, "read \(subject): field '\(key)': \(error.message)", cause: error.cause)
        }
    }

    /// A nested object that must be there.
    public func nested<Value: JSONConvertible>(_ key: String, as type: Value.Type) throws(GantryError) -> Value {
        try required(key, optional(key, as: type))
    }

    /// A list of objects; empty when absent.
    public func list<Value: JSONConvertible>(_ key: String, of type: Value.Type) throws(GantryError) -> [Value] {
        var values: [Value] = []
        for (index, element) in try array(key).enumerated() {
            do {
                values.append(try Value(json: element))
            } catch {
                throw GantryError(
                    error.code, "read \(subject): field '\(key)[\(index)]': \(error.message)", cause: error.cause)
            }
        }
        return values
    }

    private func required<Value>(_ key: String, _ value: Value?) throws(GantryError) -> Value {
        guard let value else {
            throw GantryError(.invalidArgument, "read \(subject): field '\(key)' is missing")
        }
        return value
    }

    private func wrong(_ key: String, _ expected: String, _ found: JSON) -> GantryError {
        GantryError(.invalidArgument, "read \(subject): field '\(key)': expected \(expected), found \(found.kind)")
    }
}
