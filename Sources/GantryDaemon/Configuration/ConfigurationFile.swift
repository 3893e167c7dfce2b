import GantryCore
package import GantryModel
import GantrySystem
import GantryWire
import TOMLKit

/// Reads `gantry.toml` and the drop-ins beside it.
package enum ConfigurationFile {
    /// The defaults, overruled by `path` and then by `conf.d/*.toml` in its directory, in the order of their names.
    ///
    /// - Parameter required: whether `path` must exist; without it a missing file leaves the defaults.
    /// - Throws: `.invalidArgument` "read configuration 'FILE:LINE': …" for bad syntax, unknown keys and wrong values.
    package static func load(_ path: String, required: Bool) throws(GantryError) -> Configuration {
        var configuration = Configuration()
        if required || Path.exists(path) { try read(path, into: &configuration) }
        let directory = Path.parent(of: path) + "/conf.d"
        let names = ((try? Directory.list(directory)) ?? []).map(\.name).filter { $0.hasSuffix(".toml") }.sorted()
        for name in names { try read(directory + "/" + name, into: &configuration) }
        return configuration
    }

    private static func read(_ path: String, into configuration: inout Configuration) throws(GantryError) {
        let bytes = try describing("read configuration '\(path)'") { () throws(Errno) in
            try File.contents(path, limit: 1 << 20)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            throw GantryError(
                .invalidArgument, "read configuration '\(path):\(error.source.begin.line)': \(error.description)")
        } catch {
            throw GantryError(.invalidArgument, "read configuration '\(path)': \(error)")
        }
        let lines = ConfigurationLines(text)
        try apply(table, prefix: "", of: path, lines, into: &configuration)
    }

    private static func apply(
        _ table: TOMLTable, prefix: String, of path: String, _ lines: ConfigurationLines,
        into configuration: inout Configuration
    ) throws(GantryError) {
        for name in table.keys.sorted() {
            guard let value = table[name] else { continue }
            let full = prefix.isEmpty ? name : "\(prefix).\(name)"
            let place = "\(path):\(lines.line(of: full))"
            if let key = ConfigurationKey.all.first(where: { $0.path == full }) {
                guard key.set(&configuration, value) else {
                    throw GantryError(.invalidArgument, "read configuration '\(place)': \(full) must be \(key.wanted)")
                }
            } else if let section = value.table, ConfigurationKey.all.contains(where: { $0.path.hasPrefix(full + ".") })
            {
                try apply(section, prefix: full, of: path, lines, into: &configuration)
            } else {
                throw GantryError(.invalidArgument, "read configuration '\(place)': unknown key '\(full)'")
            }
        }
    }
}

/// On which line a key stands. The TOML library gives positions of syntax errors only, so this looks for the text.
struct ConfigurationLines {
    private var lines = [String: Int]()

    init(_ text: String) {
        var section = ""
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.drop { $0 == " " || $0 == "\t" }
            if line.first == "[" {
                section = String(line.drop { $0 == "[" }.prefix { $0 != "]" }).filter { $0 != " " && $0 != "\"" }
                lines[section] = lines[section] ?? index + 1
            } else if let equals = line.firstIndex(of: "="), line.first != "#" {
                let name = line[..<equals].filter { $0 != " " && $0 != "\t" && $0 != "\"" }
                let full = section.isEmpty ? name : "\(section).\(name)"
                lines[full] = lines[full] ?? index + 1
            }
        }
    }

    /// From 1; the line of the nearest enclosing key when the key itself is written in some other way.
    func line(of key: String) -> Int {
        var path = key
        while true {
            if let line = lines[path] { return line }
            guard let dot = path.lastIndex(of: ".") else { return 1 }
            path = String(path[..<dot])
        }
    }
}
