import GantrySystem

/// A name from an archive, made plain: relative to the root, without `.`, `..` or empty parts.
///
/// `..` is resolved in the text, as every unpacker does; a name that leaves the root by it is refused. Whether a part is
/// a symbolic link is another matter: that is for the kernel to resolve below the root.
package struct EntryPath: Hashable, Sendable {
    /// Empty for the root itself.
    package let bytes: [UInt8]
    /// Length of everything before the last part and its slash.
    let parentLength: Int

    init(_ raw: [UInt8]) throws {
        if let plain = EntryPath.alreadyPlain(raw) {
            self.init(plain: plain)
            return
        }
        var parts: [ArraySlice<UInt8>] = []
        for part in raw.split(separator: 0x2f) {
            if part.elementsEqual([0x2e]) { continue }
            if part.elementsEqual([0x2e, 0x2e]) {
                guard parts.popLast() != nil else { throw EntryRefusal(reason: "the path leaves the root by '..'") }
                continue
            }
            parts.append(part)
        }
        self.init(plain: Array(parts.joined(separator: [0x2f])))
    }

    /// - Precondition: `bytes` is plain already.
    package init(plain bytes: [UInt8]) {
        self.bytes = bytes
        parentLength = bytes.lastIndex(of: 0x2f) ?? 0
    }

    /// The usual names need one look: `usr/bin/env`, `./usr/bin/env`, `usr/bin/`.
    private static func alreadyPlain(_ raw: [UInt8]) -> [UInt8]? {
        var start = 0
        var end = raw.count
        if raw.starts(with: [0x2e, 0x2f]) { start = 2 }
        if end > start, raw[end - 1] == 0x2f { end -= 1 }
        var partStart = start
        var index = start
        while index <= end {
            if index == end || raw[index] == 0x2f {
                let length = index - partStart
                if length == 0 { return nil }
                if raw[partStart] == 0x2e, length == 1 || (length == 2 && raw[partStart + 1] == 0x2e) { return nil }
                partStart = index + 1
            }
            index += 1
        }
        return start == 0 && end == raw.count ? raw : Array(raw[start..<end])
    }

    var isRoot: Bool { bytes.isEmpty }

    var parent: EntryPath { EntryPath(plain: Array(bytes[..<parentLength])) }

    /// The last part.
    var name: RawPath { RawPath(nameBytes) }

    var nameBytes: ArraySlice<UInt8> { bytes[(parentLength == 0 ? 0 : parentLength + 1)...] }

    package func appending(_ part: some Sequence<UInt8>) -> EntryPath {
        EntryPath(plain: isRoot ? Array(part) : bytes + [0x2f] + part)
    }

    /// Whether this lies at or below `other`.
    func isAtOrBelow(_ other: EntryPath) -> Bool {
        other.isRoot
            || (bytes.starts(with: other.bytes)
                && (bytes.count == other.bytes.count || bytes[other.bytes.count] == 0x2f))
    }
}
