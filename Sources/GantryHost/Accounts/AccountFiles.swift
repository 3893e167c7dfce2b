/// The lines of a container's `/etc/passwd` and `/etc/group`.
///
/// The bytes come from an image and are not trusted: a line that is none is passed over, a missing file is no bytes.
package struct AccountFiles: Sendable {
    struct User {
        var name: String
        var uid: UInt32
        var gid: UInt32
        var home: String
    }

    struct Group {
        var name: String
        var gid: UInt32
        var members: [String]
    }

    let users: [User]
    let groups: [Group]

    /// Reads the two files.
    package init(passwd: [UInt8], group: [UInt8]) {
        users = Self.lines(passwd).compactMap { fields in
            guard fields.count >= 4, let uid = UInt32(fields[2]), let gid = UInt32(fields[3]) else { return nil }
            return User(name: fields[0], uid: uid, gid: gid, home: fields.count > 5 ? fields[5] : "")
        }
        groups = Self.lines(group).compactMap { fields in
            guard fields.count >= 3, let gid = UInt32(fields[2]) else { return nil }
            let members = fields.count > 3 ? fields[3].split(separator: ",").map(String.init) : []
            return Group(name: fields[0], gid: gid, members: members)
        }
    }

    /// Lines cut at colons, without comments and nameless lines. Blanks around a field are not part of it.
    private static func lines(_ bytes: [UInt8]) -> [[String]] {
        var lines: [[String]] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let first = line.first(where: { !isBlank($0) }), first != UInt8(ascii: "#") else { continue }
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { field in
                let end = field.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? field.startIndex
                return String(decoding: field[..<end].drop(while: isBlank), as: UTF8.self)
            }
            if !fields[0].isEmpty { lines.append(fields) }
        }
        return lines
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}
