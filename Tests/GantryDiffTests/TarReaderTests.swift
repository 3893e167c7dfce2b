import Testing

@testable import GantryTar

@Suite struct TarReaderTests {
    struct Member: Equatable {
        var entry: TarEntry
        var data: [UInt8]
    }

    /// Reads all members, the input cut into pieces of the given length.
    static func read(_ bytes: [UInt8], piece: Int = 1 << 20) throws(TarError) -> [Member] {
        var reader = TarReader()
        var members: [Member] = []
        var start = 0
        while start < bytes.count {
            let end = min(start + piece, bytes.count)
            let chunk = Array(bytes[start..<end])
            start = end
            let result = chunk.withUnsafeBytes { buffer in
                Result<Void, TarError> { () throws(TarError) in
                    var cursor = 0
                    while true {
                        switch try reader.next(buffer, at: &cursor) {
                        case .needsInput, .end: return
                        case .entry: members.append(Member(entry: reader.entry, data: []))
                        case .data(let offset, let range):
                            var data = members[members.count - 1].data
                            if data.count < Int(offset) {
                                data += [UInt8](repeating: 0, count: Int(offset) - data.count)
                            }
                            members[members.count - 1].data = data + buffer[range]
                        case .endEntry: break
                        }
                    }
                }
            }
            try result.get()
        }
        try reader.finish()
        return members
    }

    static func sample() -> [UInt8] {
        var tar = TarWriter()
        tar.directory("dir/", mode: 0o1777)
        tar.add("dir/file", mode: 0o4755, uid: 7, gid: 8, time: 1_234_567_890, data: Array("hello".utf8))
        tar.add("link", "2", link: "dir/file")
        tar.add("null", "3", major: 1, minor: 3)
        return tar.finished()
    }

    @Test func headersAreRead() throws {
        let members = try Self.read(Self.sample())
        #expect(members.map(\.entry.kind) == [.directory, .file, .symbolicLink, .characterDevice])
        let file = members[1]
        #expect(file.entry.path == Array("dir/file".utf8))
        #expect(file.entry.mode == 0o4755)
        #expect([file.entry.uid, file.entry.gid] == [7, 8])
        #expect(file.entry.modified == TarTime(seconds: 1_234_567_890))
        #expect(file.data == Array("hello".utf8))
        #expect(members[2].entry.link == Array("dir/file".utf8))
        #expect([members[3].entry.major, members[3].entry.minor] == [1, 3])
    }

    @Test(arguments: [1, 7, 511, 512, 513, 1000]) func piecesDoNotMatter(_ piece: Int) throws {
        var tar = TarWriter()
        tar.add("long", data: [UInt8](repeating: 7, count: 3000), pax: [("path", Array("a/b".utf8))])
        tar.file("x", "y")
        #expect(try Self.read(tar.finished(), piece: piece) == Self.read(tar.finished()))
    }

    @Test func everyCutIsNoticedUnlessItIsBetweenMembers() throws {
        var tar = TarWriter()
        tar.add("a", data: [UInt8](repeating: 1, count: 700), pax: [("mtime", Array("1.5".utf8))])
        let boundary = tar.bytes.count
        tar.file("b", "b")
        let end = tar.bytes.count
        for cut in stride(from: 1, to: end, by: 13) where cut != boundary {
            let error = #expect(throws: TarError.self) { try Self.read(Array(tar.bytes[..<cut])) }
            #expect(error?.kind == .truncated)
        }
        #expect(try Self.read(Array(tar.bytes[..<boundary])).count == 1)
        #expect(try Self.read([]).isEmpty)
    }

    @Test func everyChangedHeaderByteIsNoticed() throws {
        let good = Self.sample()
        for index in stride(from: 0, to: 512, by: 3) where !(148..<156).contains(index) {
            var bad = good
            bad[index] ^= 0x41
            #expect(throws: TarError.self, "byte \(index)") { try Self.read(bad) }
        }
    }

    @Test func paxOverridesAndGlobalsLast() throws {
        var tar = TarWriter()
        tar.addPax([("uid", Array("3000000".utf8)), ("mtime", Array("100.25".utf8))], "g")
        tar.file("one", "1")
        let name = [UInt8]("dir/".utf8) + [0xff, 0xfe]
        tar.add(
            "two", data: [1],
            pax: [("path", name), ("mtime", Array("-1.5".utf8)), ("SCHILY.xattr.user.k", [0, 0x0a, 0x3d, 255])])
        tar.add("three", pax: [("uid", [])])
        let members = try Self.read(tar.finished()).map(\.entry)
        #expect(members.map(\.uid) == [3_000_000, 3_000_000, 0])
        #expect(members[0].modified == TarTime(seconds: 100, nanoseconds: 250_000_000))
        #expect(members[1].modified == TarTime(seconds: -2, nanoseconds: 500_000_000))
        #expect(members[1].path == name)
        #expect(members[1].attributes == [TarAttribute(name: Array("user.k".utf8), value: [0, 0x0a, 0x3d, 255])])
        #expect(members[2].attributes.isEmpty)
    }

    @Test(arguments: [
        "5 a=b\n", "99999 a=b\n", "-1 a=b\n", "x", "6 a=b ", "6 =ab\n", "13 uid=99x\n", "30 path=a",
        "000000000000009 a=b\n",
    ])
    func badPaxIsRefused(_ body: String) throws {
        var tar = TarWriter()
        tar.add("pax", "x", data: Array(body.utf8))
        tar.file("f", "f")
        #expect(throws: TarError.self) { try Self.read(tar.finished()) }
    }

    @Test func aNULInANameIsRefused() throws {
        var tar = TarWriter()
        tar.add("f", pax: [("path", Array("good\0/../../evil".utf8))])
        #expect(throws: TarError.self) { try Self.read(tar.finished()) }
    }

    @Test func anExtensionMayNotAskForMuch() throws {
        var tar = TarWriter()
        tar.add("pax", "x", size: 1 << 30)
        let error = #expect(throws: TarError.self) { try Self.read(tar.bytes) }
        #expect(error?.kind == .limit)
    }

    @Test func negativeAndHugeSizesAreRefused() throws {
        for size in ["-1", "9223372036854775807", "99999999999999999999"] {
            var tar = TarWriter()
            tar.add("f", pax: [("size", Array(size.utf8))])
            #expect(throws: TarError.self, "\(size)") { try Self.read(tar.finished()) }
        }
    }

    @Test func linksHaveNoBodyWhateverTheySay() throws {
        var tar = TarWriter()
        tar.add("l", "1", link: "f", size: 512)
        tar.file("f", "f")
        #expect(try Self.read(tar.finished()).map(\.entry.size) == [0, 1])
    }

    @Test(arguments: ["0,1,0,1", "5,1", "0,9", "0", "0,x", "9223372036854775807,9223372036854775807"])
    func badSparseMapsAreRefused(_ map: String) throws {
        var tar = TarWriter()
        let pax = [("GNU.sparse.size", "4"), ("GNU.sparse.map", map)].map { ($0.0, Array($0.1.utf8)) }
        tar.add("f", data: [1, 2], pax: pax)
        #expect(throws: TarError.self) { try Self.read(tar.finished()) }
    }

    @Test func numbersOfBothKinds() {
        func field(_ bytes: [UInt8]) -> Int64? { bytes.withUnsafeBytes { TarNumber.field($0) } }
        #expect(field(Array("0000644\0".utf8)) == 0o644)
        #expect(field(Array("   12 \0".utf8)) == 0o12)
        #expect(field(Array("77777777777 ".utf8)) == 0o77777777777)
        #expect(field([0x80, 0, 0, 0, 0, 0, 1, 0]) == 256)
        #expect(field([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]) == -2)
        #expect(field([0x80] + [UInt8](repeating: 255, count: 11)) == nil)
        #expect(field(Array("12x".utf8)) == nil)
        #expect(field([0, 0, 0]) == 0)
    }
}
