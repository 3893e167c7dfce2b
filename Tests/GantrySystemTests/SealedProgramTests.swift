import GantrySystem
import Testing

@Suite struct SealedProgramTests {
    @Test func aProgramRunsFromItsCopy() throws {
        let program = try SealedProgram("/bin/cat")
        let path = try #require(SealedProgram.path(program.descriptor.raw))
        var spawn = Spawn(path, ["cat", "/proc/self/comm"])
        spawn.environment = ["PATH=/bin"]
        let run = try ProgramRun.run(spawn, milliseconds: 10_000)
        #expect(run.status == .exited(0))
        #expect(!run.output.isEmpty)
    }

    @Test func nobodyCanChangeIt() throws {
        let program = try SealedProgram("/bin/cat")
        #expect(throws: Errno.self) { try File.write(program.descriptor.raw, "x") }
        #expect(throws: Errno.self) { try File.truncate(program.descriptor.raw, to: 0) }
    }

    @Test func itKnowsWhetherTheFileIsStillTheSame() throws {
        let place = "/tmp/sealed-\(File.random(6).map { String($0, radix: 16) }.joined())"
        defer { try? Path.unlink(place) }
        try File.replace(place, with: File.contents("/bin/cat"), mode: 0o755, sync: false)
        let program = try SealedProgram(place)
        #expect(program.isCurrent(place))
        try File.replace(place, with: File.contents("/bin/echo"), mode: 0o755, sync: false)
        #expect(!program.isCurrent(place))
        try Path.unlink(place)
        #expect(!program.isCurrent(place))
    }

    @Test func scriptsAndOthersAreNone() throws {
        #expect(throws: Errno.notExecutable) { try SealedProgram("/etc/passwd") }
        #expect(throws: Errno.notExecutable) { try SealedProgram("/dev/null") }
        #expect(throws: Errno.noEntry) { try SealedProgram("/nowhere/at/all") }
        let file = try File.open("/bin/cat")
        #expect(SealedProgram.path(file.raw) == nil)
        #expect(SealedProgram.path(-1) == nil)
    }

    @Test func startTimesAreRead() throws {
        let mine = try Processes.startTime(Processes.current)
        #expect(mine > 0)
        let text = String(decoding: try File.contents("/proc/self/stat"), as: UTF8.self)
        let fields = text[text.lastIndex(of: ")")!...].split(separator: " ")
        #expect(UInt64(fields[20]) == mine)
        #expect(throws: Errno.self) { try Processes.startTime(Int32.max) }
    }
}
