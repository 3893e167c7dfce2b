import GantrySystem

/// The values of `-e` and the files of `--env-file`.
enum Environment {
    /// The variables as `NAME=value`: those of the files first, so that options win.
    static func merge(files: [String], options: [String]) throws(Failure) -> [String] {
        var entries: [String] = []
        for path in files {
            let bytes: [UInt8]
            do throws(Errno) {
                bytes = try File.contents(path, limit: 1 << 20)
            } catch {
                throw Failure("read environment file '\(path)': \(error)")
            }
            entries += try parse(file: bytes, path: path)
        }
        for option in options {
            guard !option.isEmpty, !option.hasPrefix("=") else {
                throw Failure("environment variable '\(option)': it has no name")
            }
            if let entry = complete(option) { entries.append(entry) }
        }
        return entries
    }

    /// The variables of a file: a `NAME=value` a line, `#` begins a comment line, nothing is unquoted.
    static func parse(file bytes: [UInt8], path: String) throws(Failure) -> [String] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure("read environment file '\(path)': it is not UTF-8")
        }
        var entries: [String] = []
        // Lines of Windows are one Character, "\r\n": isNewline takes both.
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop(while: \.isWhitespace)
            if line.isEmpty || line.hasPrefix("#") { continue }
            let name = line.prefix { $0 != "=" }
            guard !name.isEmpty else { throw Failure("read environment file '\(path)': no name in line '\(line)'") }
            guard !name.contains(where: \.isWhitespace) else {
                throw Failure("read environment file '\(path)': name '\(name)' contains white space")
            }
            if let entry = complete(String(line)) { entries.append(entry) }
        }
        return entries
    }

    /// A bare name takes this program's value, and is passed over when it has none.
    private static func complete(_ entry: String) -> String? {
        entry.contains("=") ? entry : Host.variable(entry).map { "\(entry)=\($0)" }
    }
}
