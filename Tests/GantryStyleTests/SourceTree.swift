import Foundation

/// One file of the repository, read as text.
struct SourceFile: Sendable {
    /// Relative to the repository's root, such as `Sources/GantryWire/Frame.swift`.
    let path: String
    let lines: [String]

    init(path: String, text: String) {
        self.path = path
        var lines = text.components(separatedBy: "\n")
        if lines.last == "" { lines.removeLast() }
        self.lines = lines
    }

    /// The target that the file belongs to: the second component of `Sources/<target>/…` and `Tests/<target>/…`.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

    /// Lines with their numbers from 1, without what stands in `//` comments and string literals, so that a rule about
    /// code does not trip over prose.
    var code: [(number: Int, text: String)] {
        lines.enumerated().map { (number: $0.offset + 1, text: Self.withoutProse($0.element)) }
    }

    private static func withoutProse(_ line: String) -> String {
        var kept = ""
        var inString = false
        var previous: Character = " "
        for character in line {
            if character == "\"" && previous != "\\" {
                inString.toggle()
            } else if !inString {
                if character == "/" && previous == "/" { return String(kept.dropLast()) }
                kept.append(character)
            }
            previous = character
        }
        return kept
    }
}

/// The repository that this test was compiled from.
enum SourceTree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The files below `folder` with one of these endings, sorted by path.
    static func files(_ folder: String, endings: [String]) throws -> [SourceFile] {
        let start = root.appending(path: folder)
        guard let walk = FileManager.default.enumerator(at: start, includingPropertiesForKeys: [.isRegularFileKey])
        else { throw CocoaError(.fileReadNoSuchFile) }
        var found: [SourceFile] = []
        for case let url as URL in walk where endings.contains(url.pathExtension) {
            guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
            let path = String(url.path.dropFirst(root.path.count).drop { $0 == "/" })
            found.append(SourceFile(path: path, text: try String(contentsOf: url, encoding: .utf8)))
        }
        return found.sorted { $0.path < $1.path }
    }

    static func swiftSources() throws -> [SourceFile] { try files("Sources", endings: ["swift"]) }

    /// Everything in git that is text: what others will read after us.
    static func everything() throws -> [SourceFile] {
        let endings = ["swift", "c", "h", "md", "py", "sh", "toml", "json", "service", "socket", "conf", ""]
        let folders = ["Sources", "Tests", "scripts", "bench", "docs", "config", "plugins", "fuzz", ".ci"]
        let present = folders.filter { FileManager.default.fileExists(atPath: root.appending(path: $0).path) }
        let top = try ["Package.swift", "Makefile", "README.md"].map {
            SourceFile(path: $0, text: try String(contentsOf: root.appending(path: $0), encoding: .utf8))
        }
        return try top + present.flatMap { try files($0, endings: endings) }
    }
}
