import Foundation
import Testing

@Suite struct WordTests {
    @Test(arguments: ForbiddenWord.all)
    func sourcesDoWithout(_ word: ForbiddenWord) throws {
        for use in try SourceTree.swiftSources().flatMap(word.uses(in:)) { Issue.record("\(use)") }
    }

    @Test(arguments: ForbiddenWord.all)
    func exceptionsExist(_ word: ForbiddenWord) {
        for path in word.allowed {
            let exists = FileManager.default.fileExists(atPath: SourceTree.root.appending(path: path).path)
            #expect(exists, "\(path) is allowed '\(word.text)' but is not there")
        }
    }

    @Test func findsCodeButNotProse() {
        let word = ForbiddenWord(text: "try!", reason: "")
        #expect(word.uses(in: SourceFile(path: "a", text: "let a = try! b()")).count == 1)
        #expect(word.uses(in: SourceFile(path: "a", text: "// never try! this\nlet a = \"try!\"")).isEmpty)
    }

    @Test func findsWholeWords() {
        let word = ForbiddenWord(text: "print(", reason: "")
        #expect(word.uses(in: SourceFile(path: "a", text: "let a = footprint(b)")).isEmpty)
        #expect(word.uses(in: SourceFile(path: "a", text: "    print(b)")).count == 1)
    }
}
