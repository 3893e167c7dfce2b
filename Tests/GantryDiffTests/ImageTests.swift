import GantryErofs
import GantrySystem
import Testing

/// What an image refuses, or holds, that no directory would show.
@Suite struct ImageTests {
    private func with(_ body: (inout ErofsWriter, Int) throws -> Void) throws {
        let bench = try Bench()
        let file = SharedDescriptor(try File.open(bench.root + "/image", [.readWrite, .create]))
        var image = ErofsWriter(file, root: ErofsFacts(kind: .directory, permissions: 0o755))
        let node = image.add(ErofsFacts(kind: .regular, permissions: 0o644))
        image.link(node, as: Array("file".utf8), in: ErofsWriter.root)
        try body(&image, node)
        let inodes = try image.finish()
        #expect(inodes == 2)
        #expect(try ErofsWriter.inodes(file.raw) == 2)
        try Tool.run("fsck.erofs", [bench.root + "/image"])
    }

    /// Every test of layers also runs as an image where the kernel can mount one; this one says whether it could.
    @Test(.enabled(if: Bench.withoutImages == nil, "\(Comment(rawValue: Bench.withoutImages ?? ""))"))
    func layersAreAlsoTriedAsImages() throws {
        let bench = try Bench()
        var tar = TarWriter()
        tar.file("file", "x")
        try bench.image(tar.finished())
        let content = try File.contents(bench.images[0] + "/file")
        #expect(content == Array("x".utf8))
    }

    /// A sparse file of an archive may say any size.
    @Test(.enabled(if: Tool.exists("fsck.erofs")), arguments: [Int64.max, 1 << 62, (1 << 44) - 4096] as [Int64])
    func whatCannotBeCountedInBlocksIsRefused(_ size: Int64) throws {
        try with { image, node in
            var found: Errno?
            do throws(Errno) { try image.beginContent(of: node, size: size) } catch { found = error }
            #expect(found == .fileTooBig)
        }
    }

    /// Terabytes of nothing take no space.
    @Test(.enabled(if: Tool.exists("fsck.erofs")), arguments: [1, 4095, 4096, 70_000_000, 1 << 40] as [Int64])
    func aFileOfHoles(_ size: Int64) throws {
        try with { image, node in
            try image.beginContent(of: node, size: size)
            image.endContent(size: size)
        }
    }

    @Test func attributesBeyondTheirPlaceAreRefused() throws {
        let bench = try Bench()
        let file = SharedDescriptor(try File.open(bench.root + "/image", [.readWrite, .create]))
        var image = ErofsWriter(file, root: ErofsFacts(kind: .directory, permissions: 0o755))
        let value = [UInt8](repeating: 1, count: 60_000)
        let many = (0..<5).map { (name: Array("user.\($0)".utf8), value: value) }
        var found: Errno?
        do throws(Errno) { try image.set(attributes: many, of: ErofsWriter.root) } catch { found = error }
        #expect(found == .noSpace)
    }
}
