/// A recursive-descent parser over bytes that stay where they are.
///
/// Every read is guarded by `position < end`; recursion is bounded by `JSON.maximumDepth`.
struct JSONParser {
    let base: UnsafePointer<UInt8>
    let end: Int
    var position = 0
    private var depth = 0

    init(base: UnsafePointer<UInt8>, count: Int) {
        self.base = base
        self.end = count
    }

    mutating func document() throws(JSONError) -> JSON {
        skipSpace()
        let value = try value()
        skipSpace()
        guard position == end else { throw JSONError(.trailingBytes, at: position) }
        return value
    }

    private mutating func value() throws(JSONError) -> JSON {
        guard position < end else { throw JSONError(.unexpectedEnd, at: position) }
        switch base[position] {
        case UInt8(ascii: "\""):
            position += 1
            return .string(try string())
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw JSONError(.unexpectedByte, at: position)
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let count = text.utf8CodeUnitCount
        guard end - position >= count else { throw JSONError(.invalidLiteral, at: position) }
        for index in 0..<count where base[position + index] != text.utf8Start[index] {
            throw JSONError(.invalidLiteral, at: position)
        }
        position += count
        return value
    }

    // MARK: Containers

    private mutating func array() throws(JSONError) -> JSON {
        try descend()
        var elements: [JSON] = []
        if try closes(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            elements.append(try value())
            if try separatorEnds(UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    private mutating func object() throws(JSONError) -> JSON {
        try descend()
        var members: [(key: String, value: JSON)] = []
        if try closes(UInt8(ascii: "}")) { return .object(JSONObject(distinct: members)) }
        members.reserveCapacity(8)
        var seen = KeySet()
        while true {
            let start = position
            guard start < end, base[start] == UInt8(ascii: "\"") else {
                throw JSONError(start < end ? .unexpectedByte : .unexpectedEnd, at: start)
            }
            position += 1
            let key = try string()
            let raw = UnsafeBufferPointer(start: base + start + 1, count: position - start - 2)
            guard seen.insert(key, raw: raw, after: members) else { throw JSONError(.duplicateKey, at: start) }
            skipSpace()
            try expect(UInt8(ascii: ":"))
            skipSpace()
            members.append((key, try value()))
            if try separatorEnds(UInt8(ascii: "}")) { return .object(JSONObject(distinct: members)) }
        }
    }

    /// Enters a container: past its opening byte and the space behind it.
    private mutating func descend() throws(JSONError) {
        depth += 1
        guard depth <= JSON.maximumDepth else { throw JSONError(.tooDeep, at: position) }
        position += 1
        skipSpace()
    }

    /// Whether the container is empty; leaves it then.
    private mutating func closes(_ closing: UInt8) throws(JSONError) -> Bool {
        guard position < end else { throw JSONError(.unexpectedEnd, at: position) }
        guard base[position] == closing else { return false }
        position += 1
        depth -= 1
        return true
    }

    /// After an element: true at the closing byte, false behind a comma.
    private mutating func separatorEnds(_ closing: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        if try closes(closing) { return true }
        try expect(UInt8(ascii: ","))
        skipSpace()
        return false
    }

    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard position < end else { throw JSONError(.unexpectedEnd, at: position) }
        guard base[position] == byte else { throw JSONError(.unexpectedByte, at: position) }
        position += 1
    }

    @inline(__always)
    private mutating func skipSpace() {
        while position < end {
            let byte = base[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }
}

/// The keys of the object that is being parsed. Few are told apart by a 64-bit mask of what they look like, and
/// compared only when that cannot tell; many go into a hash table, so that a hostile object of a hundred thousand keys
/// costs no more than its length. Keys that differ only in their Unicode normal form count as the same key, as Swift's
/// strings do.
private struct KeySet {
    private static let fewest = 16
    private var mask: UInt64 = 0
    private var many: Set<String> = []

    /// False when `key`, which the input spells `raw`, is among `members` already.
    @inline(__always)
    mutating func insert(
        _ key: String, raw: UnsafeBufferPointer<UInt8>, after members: [(key: String, value: JSON)]
    ) -> Bool {
        guard members.count >= Self.fewest else {
            let look = look(raw)
            let known = mask & look != 0
            mask |= look
            guard known else { return true }
            for member in members where member.key == key { return false }
            return true
        }
        if members.count == Self.fewest { for member in members { many.insert(member.key) } }
        return many.insert(key).inserted
    }

    /// One bit for a plain key; all bits for one that may be spelt in several ways (escapes, accents).
    @inline(__always)
    private func look(_ raw: UnsafeBufferPointer<UInt8>) -> UInt64 {
        guard raw.count > 0 else { return 1 }
        var hash = raw.count
        for byte in raw {
            if byte >= 0x80 || byte == UInt8(ascii: "\\") { return .max }
            hash = hash &* 31 &+ Int(byte)
        }
        return 1 << UInt64(truncatingIfNeeded: (hash ^ hash >> 6) & 63)
    }
}
