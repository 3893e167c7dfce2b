import GantryCore
import GantryDiff
import GantryModel
import GantrySystem
import Testing

/// What entries turn into.
@Suite struct EntryTests {
    @Test func everyKindWithModeOwnerAndTime() throws {
        let bench = try Bench()
        let capability: [UInt8] = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        try bench.layer { tar in
            tar.directory("./", mode: 0o711)
            tar.add("dir", "5", mode: 0o2775, uid: 1, gid: 50)
            tar.add("dir/in", data: [1])
            tar.add("su", mode: 0o4755, uid: 5, gid: 6, data: [1, 2])
            tar.add("caps", mode: 0o755, uid: 9, pax: [("SCHILY.xattr.security.capability", capability)])
            tar.add("ns", data: [1], pax: [("mtime", Array("1500000000.123456789".utf8))])
            tar.add("user", pax: [("SCHILY.xattr.user.k", [0, 1]), ("SCHILY.xattr.trusted.overlay.redirect", [1])])
            tar.add("hard", "1", link: "su")
            tar.add("soft", "2", uid: 3, gid: 4, link: "/etc/passwd")
            tar.add("pipe", "6", mode: 0o600)
            tar.add("block", "4", mode: 0o660, gid: 6, major: 8, minor: 300)
        }
        let top = bench.top
        func status(_ name: String) throws -> FileStatus { try FileStatus.of(top + "/" + name) }
        #expect(try FileStatus.of(top).permissions == 0o711)
        #expect(try status("dir").permissions == 0o2775)
        #expect(try status("dir/in").gid == 0, "a set-group-id directory must not pass its group on")
        #expect(try status("su").permissions == 0o4755)
        #expect(try [status("su").uid, status("su").gid] == [5, 6])
        #expect(try ExtendedAttributes.get("security.capability", path: top + "/caps") == capability)
        #expect(try status("ns").modified == FileTime(seconds: 1_500_000_000, nanoseconds: 123_456_789))
        #expect(try ExtendedAttributes.names(path: top + "/user") == ["user.k"])
        #expect(try status("hard").inode == status("su").inode)
        #expect(try [status("soft").uid, status("soft").gid] == [3, 4])
        #expect(try Path.readLink(top + "/soft") == "/etc/passwd")
        #expect(try status("pipe").kind == .fifo)
        #expect(try [status("block").deviceMajor, status("block").deviceMinor] == [8, 300])
        for name in ["dir", "su", "soft", "pipe"] {
            #expect(try status(name).modified.seconds == 1_600_000_000, "\(name)")
        }
    }

    @Test func laterEntriesWinWhateverTheirKind() throws {
        let bench = try Bench()
        try bench.expect(
            ["d d", "f d/new=2", "f e=file", "l f->d", "f g=2", "d h"],
            [
                { tar in
                    tar.file("d", "was a file")
                    tar.directory("d")
                    tar.file("d/new", "1")
                    tar.file("d/new", "2")
                    tar.directory("e/")
                    tar.file("e/gone", "gone")
                    tar.file("e", "file")
                    tar.directory("f")
                    tar.file("f/gone", "gone")
                    tar.add("f", "2", link: "d")
                    tar.add("g", "2", link: "d/new")
                    tar.file("g", "2")
                    tar.add("h", "6")
                    tar.directory("h")
                }
            ])
    }

    @Test func laterLayersReplaceLowerOnes() throws {
        let bench = try Bench()
        try bench.expect(
            ["d dir", "d dir/was-file", "f was-dir=file", "l was-other->dir"],
            [
                { tar in
                    tar.directory("was-dir")
                    tar.file("was-dir/inside", "x")
                    tar.directory("dir")
                    tar.file("dir/was-file", "x")
                    tar.file("was-other", "x")
                },
                { tar in
                    tar.file("was-dir", "file")
                    tar.directory("dir/was-file")
                    tar.add("was-other", "2", link: "dir")
                },
            ])
    }

    @Test func aFileBetweenTwoDirectoriesHidesWhatWasThere() throws {
        let bench = try Bench()
        try bench.expect(
            ["d a", "f a/new=new"],
            [
                { tar in
                    tar.directory("a")
                    tar.file("a/old", "old")
                },
                { tar in
                    tar.file("a", "now a file")
                    tar.directory("a")
                    tar.file("a/new", "new")
                },
            ])
    }

    @Test func aReplacedLinkNoLongerLeads() throws {
        let bench = try Bench()
        try bench.expect(
            ["d a", "f a/1=1", "d b", "f b/2=2", "d l", "f l/3=3"],
            [
                { tar in
                    tar.directory("a")
                    tar.directory("b")
                    tar.add("l", "2", link: "a")
                    tar.file("l/1", "1")
                    tar.add("l", "2", link: "b")
                    tar.file("l/2", "2")
                    tar.directory("l")
                    tar.file("l/3", "3")
                }
            ])
    }

    @Test func impliedDirectoriesLookLikeTheParents() throws {
        let bench = try Bench()
        try bench.layer { tar in
            tar.add(
                "a", "5", mode: 0o2750, uid: 11, gid: 12, time: 1_111_111_111, pax: [("SCHILY.xattr.user.k", [7])])
            tar.add("a/b", "5", mode: 0o1777, time: 1_222_222_222)
            tar.add("lib", "2", link: "a/b")
        }
        try bench.layer { tar in
            tar.file("a/b/c", "c")
            tar.file("lib/through", "link")
            tar.file("unknown/dir/f", "f")
        }
        let top = bench.top
        let a = try FileStatus.of(top + "/a")
        #expect(a.permissions == 0o2750 && a.uid == 11 && a.gid == 12)
        #expect(a.modified.seconds == 1_111_111_111)
        #expect(try ExtendedAttributes.get("user.k", path: top + "/a") == [7])
        #expect(try FileStatus.of(top + "/a/b").permissions == 0o1777)
        #expect(try FileStatus.of(top + "/a/b").modified.seconds == 1_222_222_222)
        #expect(try FileStatus.of(top + "/a/b/through").size == 4, "a link of a lower layer is followed")
        #expect(try FileStatus.of(top + "/unknown").permissions == 0o755)
        let merged = try bench.merged { try TreeLines.short($0) }
        #expect(merged.contains("l lib->a/b") && merged.contains("f a/b/through=link"))
    }

    @Test func aHardLinkIntoALowerLayerCopiesUp() throws {
        let bench = try Bench()
        for layer in [0, 1] {
            let build: (inout TarWriter) -> Void = { tar in
                if layer == 0 {
                    tar.directory("d")
                    tar.add("l", "2", link: "d")
                    tar.add(
                        "d/f", mode: 0o4711, uid: 3, gid: 4, time: 1_333_333_333, data: Array("lower".utf8),
                        pax: [("SCHILY.xattr.user.k", [9])])
                } else {
                    tar.add("linked", "1", link: "d/f")
                    tar.add("again", "1", link: "l/f")
                }
            }
            try bench.layer(build)
            try bench.plain(build)
        }
        for path in [bench.root + "/plain", bench.top] {
            let linked = try FileStatus.of(path + "/linked")
            #expect(try FileStatus.of(path + "/d/f").inode == linked.inode)
            #expect(try FileStatus.of(path + "/again").inode == linked.inode)
            #expect(linked.permissions == 0o4711 && linked.uid == 3 && linked.gid == 4 && linked.links == 3)
            #expect(linked.modified.seconds == 1_333_333_333)
            #expect(try ExtendedAttributes.get("user.k", path: path + "/linked") == [9])
            #expect(try File.contents(path + "/again") == Array("lower".utf8))
        }
    }

    @Test func namesAreBytes() throws {
        let bench = try Bench()
        let odd = [UInt8]("d/".utf8) + [0xff, 0x80, 0x0a]
        try bench.layer { tar in tar.add("x", data: [1], pax: [("path", odd)]) }
        let directory = try File.open(bench.top + "/d", .directory)
        #expect(try RawDirectory.list(descriptor: directory.raw).map(\.name.bytes) == [[0xff, 0x80, 0x0a]])
    }

    @Test func aLayerOfNothing() throws {
        let bench = try Bench()
        let layer = try bench.layer { _ in }
        #expect(layer.size == 1024 && layer.usage.inodes == 0)
        #expect(
            layer.diffID.hex == "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
            "the digest of 1,024 zeros")
    }
}
