import GantrySystem

/// Short words for making and looking at trees in checks.
enum Tree {
    static func write(_ path: String, _ text: String, mode: UInt32 = 0o644) throws {
        let file = try File.open(path, [.write, .create, .truncate], mode: mode)
        try File.write(file.raw, text)
        try Path.changeMode(descriptor: file.raw, mode)
    }

    static func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws {
        try Path.makeDirectory(path, mode: mode)
        try Path.changeMode(path, mode)
    }

    static func read(_ path: String) throws -> String {
        String(decoding: try File.contents(path), as: UTF8.self)
    }

    static func rename(_ path: String, _ target: String) throws { try Path.rename(path, to: target) }

    /// A line for everything below `path`, sorted by name: `d a`, `f a/b=text`, `l a/c->target`. A root-owned file of
    /// the usual mode is shown so; others with `mode uid:gid` before the name.
    static func lines(_ path: String) throws -> [String] {
        var lines: [(name: String, line: String)] = []
        try collect(path, "", into: &lines)
        return lines.sorted { $0.name < $1.name }.map(\.line)
    }

    private static func collect(
        _ path: String, _ prefix: String, into lines: inout [(name: String, line: String)]
    ) throws {
        for entry in try Directory.list(path) {
            let name = prefix + entry.name
            let status = try FileStatus.of(path + "/" + entry.name)
            var line: String
            switch status.kind {
            case .directory: line = "d "
            case .symlink: line = "l "
            case .regular: line = "f "
            case .characterDevice: line = "c "
            case .blockDevice: line = "b "
            default: line = "? "
            }
            let usual: UInt32 = status.kind == .directory ? 0o755 : 0o644
            if status.kind != .symlink, status.permissions != usual || status.uid != 0 || status.gid != 0 {
                line += "\(String(status.permissions, radix: 8)) \(status.uid):\(status.gid) "
            }
            line += name
            if status.kind == .regular { line += "=" + (try read(path + "/" + entry.name)) }
            if status.kind == .symlink { line += "->" + (try Path.readLink(path + "/" + entry.name)) }
            lines.append((name, line))
            if status.kind == .directory {
                try collect(path + "/" + entry.name, name + "/", into: &lines)
            }
        }
    }
}
