import Foundation
import Testing

/// The tree is for every machine: it names no private host, no home directory and no working directory of its writers.
@Suite struct PlaceTests {
    /// Pieces that are put together here, so that this file does not contain what it looks for.
    static let forbidden = [
        "/root" + "/w/", "/work" + "/main", "/work" + "/shared", "/home" + "/user", ".intern" + "al/",
        "artifact" + "-registry", "artifact" + "ory", "nexus" + ".",
    ]

    @Test func namesNoPlaceOfItsWriters() throws {
        for file in try SourceTree.everything() {
            for (number, line) in file.lines.enumerated() {
                for word in Self.forbidden where line.contains(word) {
                    Issue.record("\(file.path):\(number + 1): mentions '\(word)'")
                }
            }
        }
    }

    @Test func readsTheWholeTree() throws {
        let paths = Set(try SourceTree.everything().map(\.path))
        for expected in ["Makefile", "scripts/run", "bench/bench.py", "Sources/CLinux/file.c", ".ci/run"] {
            #expect(paths.contains(expected))
        }
    }
}
