import GantryCore
import GantrySystem
import GantryWire
import Testing

@Suite struct WhiteoutTests {
    private let lower: (inout TarWriter) -> Void = { tar in
        tar.directory("d")
        tar.file("d/a", "a")
        tar.file("d/b", "b")
        tar.directory("d/sub")
        tar.file("d/sub/x", "x")
        tar.file("f", "f")
    }

    @Test func aNameIsHidden() throws {
        try Bench().expect(
            ["d d", "f d/b=b"],
            [
                lower,
                { tar in
                    tar.file(".wh.f", "")
                    tar.file("d/.wh.a", "")
                    tar.file("d/.wh.sub", "")
                },
            ])
    }

    @Test func aDirectoryIsHiddenWhole() throws {
        try Bench().expect(["f f=f"], [lower, { tar in tar.file(".wh.d", "") }])
    }

    @Test func whatTheLayerItselfBringsStays() throws {
        for first in [true, false] {
            try Bench().expect(
                ["d d", "f d/new=new", "f f=new"],
                [
                    lower,
                    { tar in
                        if first { for name in ["f", "d"] { tar.file(".wh." + name, "") } }
                        tar.file("f", "new")
                        tar.directory("d")
                        tar.file("d/new", "new")
                        if !first { for name in ["f", "d"] { tar.file(".wh." + name, "") } }
                    },
                ])
        }
    }

    @Test func opaqueHidesLowerLayersOnly() throws {
        for first in [true, false] {
            try Bench().expect(
                ["d d", "f d/new=new", "d d/sub", "f d/sub/y=y", "f f=f"],
                [
                    lower,
                    { tar in
                        tar.directory("d")
                        if first { tar.file("d/.wh..wh..opq", "") }
                        tar.file("d/new", "new")
                        tar.file("d/sub/y", "y")
                        if !first { tar.file("d/.wh..wh..opq", "") }
                    },
                ])
        }
    }

    @Test func aParentThatIsNotThereYetIsMade() throws {
        try Bench().expect(
            ["d d", "f d/a=a", "f d/b=b", "d d/sub", "f f=f"], [lower, { tar in tar.file("d/sub/.wh.x", "") }])
    }

    @Test func whatAufsKeptForItselfIsSkipped() throws {
        try Bench().expect(
            ["f f=f"],
            [
                { tar in
                    tar.directory(".wh..wh.plnk")
                    tar.file(".wh..wh.plnk/77.88", "x")
                    tar.file(".wh..wh.aufs", "")
                    tar.file("f", "f")
                }
            ])
    }

    @Test func nothingIsThereToHide() throws {
        try Bench().expect(
            ["f f=f"],
            [
                { tar in
                    tar.file(".wh.none", "")
                    tar.file("f", "f")
                }
            ])
    }

    @Test func aHiddenFileCannotBeLinkedTo() throws {
        let bench = try Bench()
        try bench.layer(lower)
        try bench.plain(lower)
        try bench.refuses(.invalidArgument, mentions: ["'l'", "'f'"]) { tar in
            tar.file(".wh.f", "")
            tar.add("l", "1", link: "f")
        }
    }

    @Test func overlayMarksCopiedIntoAnArchiveAreWhiteouts() throws {
        try Bench().expect(
            ["d d", "f d/a=a", "f d/b=b", "d d/sub", "f d/sub/x=x"],
            [lower, { tar in tar.add("f", "3", mode: 0) }])
    }

    @Test(arguments: [".wh.", ".wh..", ".wh...", "d/.wh.."]) func whiteoutsOfNoNameAreRefused(_ name: String) throws {
        let bench = try Bench()
        try bench.refuses(.invalidArgument, mentions: [name]) { tar in tar.file(name, "") }
    }
}
