import Foundation
import Testing

@Suite struct ArrowTests {
    @Test func importsFollowTheArrows() throws {
        for file in try SourceTree.swiftSources() {
            for (number, text) in file.code {
                guard let module = Arrows.imported(by: text) else { continue }
                if let objection = Arrows.objection(to: module, in: file.target) {
                    Issue.record("\(file.path):\(number): \(objection)")
                }
            }
        }
    }

    @Test func everyTargetIsInTheTable() throws {
        let sources = SourceTree.root.appending(path: "Sources")
        let systemLibraries = Set(Arrows.foreign.keys)
        for name in try FileManager.default.contentsOfDirectory(atPath: sources.path) {
            #expect(Arrows.own[name] != nil || systemLibraries.contains(name), "Sources/\(name) is in no table")
        }
    }

    /// The manifest decides what is linked; it must not offer an arrow that the table forbids.
    @Test func manifestHasNoOtherArrows() throws {
        let text = try String(contentsOf: SourceTree.root.appending(path: "Package.swift"), encoding: .utf8)
        let declaration =
            /(?:module|\.executableTarget)\(\s*(?:name: )?"([\w-]+)",\s*(?:dependencies: )?\[([^\]]*)\]/
        let declarations = text.matches(of: declaration)
        #expect(declarations.count >= 15, "Package.swift is no longer written as this test reads it")
        for declaration in declarations {
            let target = String(declaration.output.1)
            for dependency in declaration.output.2.matches(of: /(name: |package: )?"([\w.-]+)"/) {
                guard dependency.output.1 != "package: " else { continue }
                let objection = Arrows.objection(to: String(dependency.output.2), in: target)
                #expect(objection == nil, "Package.swift, \(target): \(objection ?? "")")
            }
        }
    }

    @Test func featuresNeverMeet() {
        let features = ["GantryStore", "GantrySnapshots", "GantryDiff", "GantryImages", "GantryRuntime"]
        for one in features {
            for other in features {
                #expect(Arrows.objection(to: other, in: one) != nil, "\(one) may import \(other)")
            }
        }
    }

    @Test(arguments: [
        ("import GantryWire", "GantryWire"), ("package import GantryModel", "GantryModel"),
        ("internal import struct Foundation.Data", "Foundation"), ("@testable import GantryShim", "GantryShim"),
    ])
    func readsImports(_ line: String, _ module: String) {
        #expect(Arrows.imported(by: line) == module)
    }

    @Test func readsNoImportElsewhere() {
        #expect(Arrows.imported(by: "let important = 1") == nil)
        #expect(Arrows.imported(by: "func import(from: Int) {}") == nil)
    }

    @Test func objectsToWhatTheDesignForbids() {
        #expect(Arrows.objection(to: "GantryStore", in: "GantryRuntime") != nil)
        #expect(Arrows.objection(to: "GantryCore", in: "GantryShim") != nil)
        #expect(Arrows.objection(to: "CLinux", in: "GantryHost") != nil)
        #expect(Arrows.objection(to: "Foundation", in: "GantryDaemon") != nil)
        #expect(Arrows.objection(to: "GRDB", in: "GantryDaemon") != nil)
        #expect(Arrows.objection(to: "GantryModel", in: "GantryStore") == nil)
        #expect(Arrows.objection(to: "Synchronization", in: "GantryShim") == nil)
    }
}
