import Testing

@testable import GantryCLI

/// The keys that leave a container, as docker writes and understands them.
struct DetachKeysTests {
    @Test(
        arguments: [
            ("ctrl-p,ctrl-q", [0x10, 0x11]), ("ctrl-a,a", [1, 97]), ("ctrl-@", [0]), ("ctrl-[", [27]),
            ("ctrl-\\", [28]),
            ("ctrl-]", [29]), ("ctrl-^", [30]), ("ctrl-_", [31]), ("DEL", [127]), ("a", [97]), ("CTRL-z,x", [26, 120]),
            ("", []),
        ] as [(String, [UInt8])])
    func notation(_ text: String, _ keys: [UInt8]) throws {
        #expect(try DetachKeys(text).keys == keys)
    }

    @Test(arguments: ["ctrl-", "ctrl-1", "ctrl-aa", "shift-a", "ab", "a,,b", "a,", "é"])
    func whatIsNoKeyIsRefusedByName(_ text: String) {
        #expect { try DetachKeys(text) } throws: { error in
            (error as? Failure)?.message.contains("invalid detach keys '\(text)'") == true
        }
    }

    /// Typed in pieces; what the container gets, and whether the sequence was complete.
    @Test(
        arguments: [
            (["ls\r"], "ls\r", false),
            (["\u{10}\u{11}"], "", true),
            (["a\u{10}", "\u{11}b"], "a", true),
            (["\u{10}", "x"], "\u{10}x", false),
            (["\u{10}\u{10}\u{11}"], "\u{10}", true),
            (["\u{11}\u{10}"], "\u{11}", false),
            (["\u{10}", "\u{10}", "y"], "\u{10}\u{10}y", false),
        ] as [([String], String, Bool)])
    func watching(_ pieces: [String], _ passed: String, _ detached: Bool) {
        var keys = DetachKeys.standard
        var got: [UInt8] = []
        var left = false
        for piece in pieces where !left {
            let (bytes, end) = keys.filter(Array(piece.utf8)[...])
            got += bytes
            left = end
        }
        #expect(got == Array(passed.utf8))
        #expect(left == detached)
    }

    @Test func noKeysNeverDetach() throws {
        var keys = try DetachKeys("")
        let (passed, detached) = keys.filter([0x10, 0x11])
        #expect(passed == [0x10, 0x11])
        #expect(!detached)
    }
}
