/// The members of a JSON object, in the order in which they were written or set.
///
/// Look-up is linear: objects on the wire have a handful of members, and comparing a handful of short strings is
/// cheaper than hashing one. What has many keys and is looked up often belongs in a `Dictionary` of its own.
///
/// Two objects are equal when they have the same members in any order.
public struct JSONObject: Sendable {
    @usableFromInline var storage: [(key: String, value: JSON)]

    /// No members.
    @inlinable
    public init() { storage = [] }

    /// The given members; of a key that comes twice, the last value wins.
    public init(_ members: [(String, JSON)]) {
        storage = []
        storage.reserveCapacity(members.count)
        for (key, value) in members { self[key] = value }
    }

    /// Members that are known to have distinct keys, as the parser does.
    @inlinable
    init(distinct members: [(key: String, value: JSON)]) { storage = members }

    /// The members in order.
    @inlinable
    public var members: [(key: String, value: JSON)] { storage }

    /// How many members there are.
    @inlinable
    public var count: Int { storage.count }

    /// Whether there are none.
    @inlinable
    public var isEmpty: Bool { storage.isEmpty }

    /// The value of `key`. Setting replaces in place, or appends; setting nil removes the member.
    ///
    /// To store a JSON null, set `.some(.null)`.
    @inlinable
    public subscript(_ key: String) -> JSON? {
        get {
            for member in storage where member.key == key { return member.value }
            return nil
        }
        set {
            let index = storage.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): storage[index].value = value
            case (let index?, nil): storage.remove(at: index)
            case (nil, let value?): storage.append((key, value))
            case (nil, nil): break
            }
        }
    }

    /// Adds a member whose key is known to be new, without looking. Cost: constant.
    @inlinable
    public mutating func append(new key: String, _ value: JSON) { storage.append((key, value)) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}

extension JSONObject: Equatable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        var sameOrder = true
        for (a, b) in zip(left.storage, right.storage) where sameOrder {
            if a.key != b.key { sameOrder = false } else if a.value != b.value { return false }
        }
        if sameOrder { return true }
        var index: [String: JSON] = [:]
        index.reserveCapacity(right.count)
        for member in right.storage { index[member.key] = member.value }
        return left.storage.allSatisfy { index[$0.key] == $0.value }
    }
}
