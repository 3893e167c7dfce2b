import Testing

@testable import GantrySystem

/// What a child of ours sees: its descriptors, signals and errors.
struct SpawnTests {
    @Test func exitStatusAndOutputReachUs() throws {
        let pipe = try File.pipe()
        let child = try Spawn(
            "/bin/sh", ["sh", "-c", "echo out; exit 7"], descriptors: [-1, pipe.write.raw, -1]
        ).start()
        #expect(try child.wait() == .exited(7))
        var chunk = [UInt8](repeating: 0, count: 64)
        let count = try File.readChunk(pipe.read.raw, &chunk)
        #expect(String(decoding: chunk[0..<count], as: UTF8.self) == "out\n")
    }

    @Test func aMissingProgramIsAnErrnoNotAChild() {
        #expect(throws: Errno.noEntry) { _ = try Spawn("/does/not/exist", ["x"]).start().pid }
        #expect(throws: Errno.access) { _ = try Spawn("/etc/passwd", ["x"]).start().pid }
    }

    @Test func childrenInheritNoSignalStateAndNoDescriptors() throws {
        Signals.ignore(Signals.pipe)
        let pipe = try File.pipe()
        let child = try Spawn(
            "/bin/sh", ["sh", "-c", "grep -E 'SigBlk|SigIgn' /proc/self/status; ls /proc/self/fd | wc -l"],
            descriptors: [-1, pipe.write.raw, -1]
        ).start()
        #expect(try child.wait() == .exited(0))
        var chunk = [UInt8](repeating: 0, count: 512)
        let text = String(decoding: chunk[0..<(try File.readChunk(pipe.read.raw, &chunk))], as: UTF8.self)
        #expect(text.contains("SigBlk:\t0000000000000000"))
        #expect(text.contains("SigIgn:\t0000000000000000"))
        // 0, 1, 2 and the directory that ls reads.
        #expect(text.hasSuffix("4\n"))
    }

    @Test func aSignalIsReportedAsSuch() throws {
        let child = try Spawn("/bin/sleep", ["sleep", "60"]).start()
        try Processes.signal(pidfd: child.descriptor.raw, Signals.kill)
        let status = try child.wait()
        #expect(status == .signalled(9, dumped: false))
        #expect(status.shellCode == 137)
    }

    @Test func aThousandSpawnsLeaveNoDescriptor() throws {
        let before = try Directory.list("/proc/self/fd").count
        for _ in 0..<300 { _ = try Spawn("/bin/true", ["true"]).start().wait() }
        // Other suites open and close descriptors meanwhile; three hundred leaked ones could not hide among them.
        #expect(try Directory.list("/proc/self/fd").count < before + 100)
    }
}
