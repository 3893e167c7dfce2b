import GantryCore
import GantrySystem
import GantryWire
import Testing

/// Archives that try to write, link or remove outside: nothing may happen there.
@Suite struct EscapeTests {
    @Test(arguments: ["../x", "../../x", "a/../../x", "./../x", "/../x", "..", "a/../.."])
    func dotsAreRefused(_ name: String) throws {
        try Bench().refuses(.invalidArgument, mentions: ["'\(name)'", ".."]) { tar in
            tar.directory("a")
            tar.file(name, "x")
        }
    }

    @Test func dotsInsideAreFine() throws {
        try Bench().expect(
            ["d a", "f b=b", "f c=c"],
            [
                { tar in
                    tar.directory("./a/")
                    tar.file("a/../b", "b")
                    tar.file("//c", "c")
                }
            ])
    }

    @Test func absoluteNamesStayInside() throws {
        let bench = try Bench()
        let name = bench.root + "/outside/new"
        try bench.layer { tar in tar.file(name, "x") }
        #expect(try File.contents(bench.top + name) == Array("x".utf8))
        try bench.untouched()
    }

    /// Links with which a name would leave: absolute, relative, in a chain, and by the whole of /proc.
    @Test(arguments: ["abs", "rel", "chain", "magic"]) func linksOnTheWayAreFollowedBelowTheRoot(_ kind: String) throws
    {
        let bench = try Bench()
        for plain in [false, true] {
            let outside = bench.root + "/outside"
            let build: (inout TarWriter) -> Void = { tar in
                switch kind {
                case "abs": tar.add("l", "2", link: outside)
                case "rel": tar.add("l", "2", link: "../../../../../../../.." + outside)
                case "chain":
                    tar.add("m", "2", link: "/..")
                    tar.add("l", "2", link: "m" + outside)
                default: tar.add("l", "2", link: "/proc/self/cwd")
                }
                tar.file("l/witness", "broken")
                tar.file("l/.wh.witness", "")
                tar.file("l/.wh..wh..opq", "")
                tar.directory("l/sub")
                tar.add("l/sub2", "3", major: 1, minor: 3)
            }
            if plain { try bench.plain(build) } else { try bench.layer(build) }
            try bench.untouched()
        }
    }

    @Test func anEntryOnALinkReplacesTheLink() throws {
        let bench = try Bench()
        let witness = bench.root + "/outside/witness"
        for plain in [false, true] {
            let build: (inout TarWriter) -> Void = { tar in
                for name in ["f", "d", "c", "h"] { tar.add(name, "2", link: witness) }
                tar.file("f", "mine", mode: 0o777)
                tar.directory("d", mode: 0o777)
                tar.add("c", "3", mode: 0o777, major: 1, minor: 3)
                tar.add("h", "1", link: "f")
            }
            if plain { try bench.plain(build) } else { try bench.layer(build) }
            try bench.untouched()
        }
        #expect(try File.contents(bench.root + "/plain/h") == Array("mine".utf8))
    }

    @Test(arguments: ["../outside/witness", "/../outside/witness", "a/../../outside/witness"])
    func hardLinksByDotsAreRefused(_ target: String) throws {
        try Bench().refuses(.invalidArgument, mentions: ["'h'"]) { tar in tar.add("h", "1", link: target) }
    }

    @Test func hardLinksThroughLinksStayInside() throws {
        let bench = try Bench()
        let outside = bench.root + "/outside"
        try bench.refuses(.invalidArgument, mentions: ["'h'", "not there"]) { tar in
            tar.add("l", "2", link: outside)
            tar.add("h", "1", link: "l/witness")
        }
        // A link to a link is a second name of the link, not of what it points to.
        try Bench().expect(
            ["l a->/etc/passwd", "l b->/etc/passwd"],
            [
                { tar in
                    tar.add("a", "2", link: "/etc/passwd")
                    tar.add("b", "1", link: "a")
                }
            ])
    }

    @Test func hardLinksToAbsoluteNamesStayInside() throws {
        let bench = try Bench()
        let witness = bench.root + "/outside/witness"
        try bench.refuses(.invalidArgument, mentions: ["'h'"]) { tar in tar.add("h", "1", link: witness) }
    }

    @Test func hardLinksThroughLinksOfLowerLayersStayInside() throws {
        let bench = try Bench()
        let outside = bench.root + "/outside"
        for build: (inout TarWriter) -> Void in [{ tar in tar.add("l", "2", link: outside) }] {
            try bench.layer(build)
            try bench.plain(build)
        }
        try bench.refuses(.invalidArgument) { tar in tar.add("h", "1", link: "l/witness") }
        try bench.layer { tar in
            tar.file("l/witness", "inside")
            tar.file("l/.wh.gone", "")
        }
        try bench.untouched()
    }

    @Test func loopsEnd() throws {
        try Bench().refuses(.invalidArgument, mentions: ["a/x"]) { tar in
            tar.add("a", "2", link: "b")
            tar.add("b", "2", link: "a")
            tar.file("a/x", "x")
        }
    }

    @Test func whatIsNoDirectoryHoldsNothing() throws {
        try Bench().refuses(.invalidArgument, mentions: ["f/x"]) { tar in
            tar.file("f", "f")
            tar.file("f/x", "x")
        }
        try Bench().refuses(.invalidArgument, mentions: ["root"]) { tar in tar.file("./", "x") }
        try Bench().refuses(.invalidArgument) { tar in
            tar.directory("d")
            tar.add("h", "1", link: "d")
        }
    }

    @Test func longNamesAreRefusedAndDeepOnesWork() throws {
        try Bench().refuses(.invalidArgument, mentions: ["too long"]) { tar in
            tar.add("x", pax: [("path", [UInt8](repeating: 0x61, count: 300))])
        }
        let deep = Array([String](repeating: "d", count: 1000).joined(separator: "/").utf8)
        let bench = try Bench()
        try bench.layer { tar in tar.add("x", data: [1], pax: [("path", deep)]) }
        #expect(try FileStatus.of(bench.top + "/" + String(decoding: deep, as: UTF8.self)).size == 1)
    }
}
