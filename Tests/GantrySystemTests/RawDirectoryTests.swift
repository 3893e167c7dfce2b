import GantrySystem
import Testing

@Suite struct RawDirectoryTests {
    @Test func deepTreesWithOddNamesAreRemovedWithFewDescriptors() throws {
        let root = RawPath("/tmp/grd-\(File.random(6).map { String($0, radix: 16) }.joined())")
        try root.makeDirectory(mode: 0o700, at: File.here)
        var handle = SharedDescriptor(try root.open(.directory, at: File.here))
        let odd = RawPath([0xff, 0x0a, 0xfe])
        for depth in 0..<2000 {
            try odd.makeDirectory(mode: 0o755, at: handle.raw)
            if depth % 500 == 0 { try RawPath("link").makeSymlink(to: RawPath("/etc"), at: handle.raw) }
            handle = SharedDescriptor(try odd.open(.directory, at: handle.raw))
        }
        try RawDirectory.removeTree(root, at: File.here)
        #expect(throws: Errno.noEntry) { try root.status(at: File.here) }
        #expect(Path.exists("/etc/passwd"))
        try RawDirectory.removeTree(root, at: File.here)
    }
}
