import GantrySystem
import Testing

struct FileCopyTests {
    /// Between two kinds of file systems the kernel copies nothing by itself: contents and holes arrive all the same.
    @Test(arguments: [("/dev/shm", "/dev/shm"), ("/dev/shm", "/var/tmp"), ("/var/tmp", "/dev/shm")])
    func contentsAndHoles(_ source: String, _ target: String) throws {
        let name = "gantry-copy-\(Processes.current)-\(Int.random(in: 0...Int.max))"
        let from = try File.open("\(source)/\(name)-a", [.readWrite, .create, .exclusive], mode: 0o600)
        let to = try File.open("\(target)/\(name)-b", [.readWrite, .create, .exclusive], mode: 0o600)
        try Path.unlink("\(source)/\(name)-a")
        try Path.unlink("\(target)/\(name)-b")
        // Data, a hole, data over more than one buffer, and a hole at the end.
        let bytes = (0..<700_001).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try bytes.withUnsafeBytes { try File.write(from.raw, UnsafeRawBufferPointer(rebasing: $0[..<5000]), at: 0) }
        try bytes.withUnsafeBytes { try File.write(from.raw, $0, at: 4 << 20) }
        let size: Int64 = 8 << 20
        try File.truncate(from.raw, to: size)
        var copy = FileCopy()
        try copy.copy(from.raw, to.raw, size: size)
        try File.seek(from.raw, 0)
        try File.seek(to.raw, 0)
        #expect(try File.readAll(from.raw) == File.readAll(to.raw))
        #expect(try FileStatus.of(descriptor: to.raw).size == size)
        #expect(try File.seek(to.raw, 1 << 20, .data) == 4 << 20)
    }
}
