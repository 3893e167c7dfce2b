import Foundation
import Testing

/// The size of files, the reasons beside unsafe code, and the comments on what others call.
@Suite struct ShapeTests {
    static let longest = 500

    @Test func filesAreShort() throws {
        let endings = ["swift", "c", "h", "py"]
        for folder in ["Sources", "Tests", "bench", "plugins"] {
            guard FileManager.default.fileExists(atPath: SourceTree.root.appending(path: folder).path) else { continue }
            for file in try SourceTree.files(folder, endings: endings) where file.lines.count > Self.longest {
                Issue.record("\(file.path): \(file.lines.count) lines; a file has at most \(Self.longest)")
            }
        }
    }

    @Test func medianFileIsShort() throws {
        let lengths = try SourceTree.swiftSources().map(\.lines.count).sorted()
        #expect(lengths[lengths.count / 2] <= 120)
    }

    @Test func unsafeCodeSaysWhyItIsSafe() throws {
        for file in try SourceTree.swiftSources() {
            for line in Self.unexplained(file) {
                Issue.record("\(file.path):\(line): no '// SAFETY:' line beside it says why this is safe")
            }
        }
    }

    @Test func publicDeclarationsAreDocumented() throws {
        for file in try SourceTree.swiftSources() {
            for line in Self.undocumented(file) {
                Issue.record("\(file.path):\(line): a public declaration without a doc comment")
            }
        }
    }

    @Test func findsUnexplainedUnsafety() {
        let bare = SourceFile(path: "a", text: "final class A: @unchecked Sendable {}")
        #expect(Self.unexplained(bare) == [1])
        let explained = SourceFile(
            path: "a", text: "// SAFETY: immutable after init,\n// and so on.\nfinal class A: @unchecked Sendable {}")
        #expect(Self.unexplained(explained).isEmpty)
    }

    @Test func findsUndocumentedDeclarations() {
        #expect(Self.undocumented(SourceFile(path: "a", text: "public func a() {}")) == [1])
        #expect(Self.undocumented(SourceFile(path: "a", text: "/// Does.\n@inlinable\npublic func a() {}")).isEmpty)
        #expect(Self.undocumented(SourceFile(path: "a", text: "public import GantryWire")).isEmpty)
    }

    /// Numbers of the lines with unchecked constructs and no SAFETY comment in the lines above, or at once below.
    static func unexplained(_ file: SourceFile) -> [Int] {
        let constructs = ["@unchecked Sendable", "nonisolated(unsafe)", "unsafeBitCast"]
        return file.code.compactMap { number, text in
            guard constructs.contains(where: text.contains) else { return nil }
            let near = file.lines[max(0, number - 9)..<min(file.lines.count, number + 3)]
            return near.contains { $0.contains("SAFETY:") } ? nil : number
        }
    }

    /// Numbers of the public declarations that no `///` stands above. What a protocol of the language asks for explains
    /// itself, as does an initialiser that only takes the documented properties (one that throws does more); a group of
    /// one-line declarations may stand under one comment.
    static func undocumented(_ file: SourceFile) -> [Int] {
        let kinds = "func|var|let|struct|enum|class|actor|protocol|init|typealias|subscript"
        let evident = #"==|<|hash\(|description\b|debugDescription\b|rawValue\b|\(\w+Literal "#
        guard let declares = try? Regex(#"^\s*(?:@\w+(?:\([^)]*\))? )*public (?:\w+(?:\(set\))? )*?(?:\#(kinds))\b"#),
            let selfEvident = try? Regex("public (?:static |var |func |init|typealias )*(?:\(evident))")
        else { return [0] }
        return file.code.compactMap { number, text in
            guard text.firstMatch(of: declares) != nil, text.firstMatch(of: selfEvident) == nil else { return nil }
            guard !text.contains("public init(") || text.contains("throws") else { return nil }
            var above = number - 2
            // Attributes may stand between; so may the other members of a group of one-line declarations.
            while above >= 0 {
                let line = file.lines[above].trimmingCharacters(in: .whitespaces)
                if line.hasPrefix("///") || line.hasPrefix("//") { return nil }
                let oneLine = line.hasPrefix("public ") && !line.hasSuffix("{")
                guard line.hasPrefix("@") || oneLine else { break }
                above -= 1
            }
            return number
        }
    }
}
