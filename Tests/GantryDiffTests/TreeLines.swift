import GantryHost
import GantrySystem

/// Trees as lines of text, so that two of them can be compared.
enum TreeLines {
    /// Kind, name, and content or target: `d a`, `f a/b=text`, `l c->a`.
    static func short(_ path: String) throws -> [String] {
        try walk(path).map { name, place, status in
            switch status.kind {
            case .directory: "d \(name)"
            case .regular: "f \(name)=" + String(decoding: try File.contents(place), as: UTF8.self)
            case .symlink: "l \(name)->" + (try Path.readLink(place))
            case .fifo: "p \(name)"
            case .characterDevice: "c \(name) \(status.deviceMajor):\(status.deviceMinor)"
            default: "b \(name) \(status.deviceMajor):\(status.deviceMinor)"
            }
        }
    }

    /// Everything that an unpacker must get right: kind, mode, owner, time, links and their identity, size, device,
    /// target, attributes, content.
    static func full(_ path: String) throws -> [String] {
        var firstNames: [UInt64: String] = [:]
        return try walk(path).map { name, place, status in
            var line = "\(name) \(String(status.mode, radix: 8)) \(status.uid):\(status.gid)"
            line += " t\(status.modified.seconds).\(status.modified.nanoseconds)"
            if status.kind != .directory {
                line += " n\(status.links) s\(status.size) d\(status.deviceMajor):\(status.deviceMinor)"
                if status.links > 1 {
                    line += " =\(firstNames[status.inode, default: name])"
                    firstNames[status.inode, default: name] += ""
                }
            }
            if status.kind == .symlink { line += " ->" + (try Path.readLink(place)) }
            for attribute in try ExtendedAttributes.names(path: place).sorted()
            where !attribute.hasPrefix("trusted.overlay.") && attribute != "user.rootlesscontainers" {
                line += " \(attribute)=\(try ExtendedAttributes.get(attribute, path: place))"
            }
            if status.kind == .regular {
                line += " #" + DigestHasher.hash(try File.contents(place, limit: 1 << 30)).prefix(8).description
            }
            return line
        }
    }

    private static func walk(_ path: String) throws -> [(String, String, FileStatus)] {
        var found: [(String, String, FileStatus)] = []
        func collect(_ directory: String, _ prefix: String) throws {
            for entry in try Directory.list(directory) {
                let place = directory + "/" + entry.name
                let status = try FileStatus.of(place)
                found.append((prefix + entry.name, place, status))
                if status.kind == .directory { try collect(place, prefix + entry.name + "/") }
            }
        }
        try collect(path, "")
        return found.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    }
}
