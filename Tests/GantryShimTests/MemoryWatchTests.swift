import GantrySystem
import Testing

@testable import GantryShim

/// Version 2's `memory.events`, played by a file: what is known of an out-of-memory kill, whenever the cgroup goes.
struct MemoryWatchTests {
    /// Runs `body` with the directory of a cgroup that has killed nobody.
    private func withCgroup(_ body: (String) throws -> Void) throws {
        let directory = "/tmp/gantry-memory-\(Processes.current)-\(File.random(4).map(String.init).joined())"
        try Path.makeDirectory(directory)
        defer { try? Directory.removeTree(directory) }
        try write("max 0\noom_kill 0\n", directory + "/memory.events")
        try write("4096\n", directory + "/memory.peak")
        try body(directory)
    }

    /// In place, as the kernel changes its files.
    private func write(_ text: String, _ path: String) throws {
        let file = try File.open(path, [.write, .create])
        try File.write(file.raw, text)
    }

    @Test func aKillIsSeenAndRemembered() throws {
        try withCgroup { directory in
            var watch = MemoryWatch([directory])
            try write("max 9\noom_kill 1\n", directory + "/memory.events")
            let isNews = watch.look(rung: true)
            let deadline = watch.deadline
            #expect(isNews && deadline == nil)
            try Directory.removeTree(directory)
            let counters = watch.lastLook(wasKilled: true)
            #expect(counters.oomKilled && counters.memoryPeak == 4096)
        }
    }

    @Test func aCgroupThatStandsIsTakenAtItsWord() throws {
        try withCgroup { directory in
            var watch = MemoryWatch([directory])
            try write("max 9\noom_kill 0\n", directory + "/memory.events")
            let counters = watch.lastLook(wasKilled: true)
            #expect(!counters.oomKilled && counters.memoryPeak == 4096)
        }
    }

    /// Gone before anybody has looked: the bell that rang and the signal are what is left to judge by.
    @Test(arguments: [(true, true, true), (true, false, false), (false, true, false), (false, false, false)])
    func aCgroupThatIsGone(rung: Bool, killed: Bool, expected: Bool) throws {
        try withCgroup { directory in
            var watch = MemoryWatch([directory])
            if rung { try write("max 9\noom_kill 1\n", directory + "/memory.events") }
            try Directory.removeTree(directory)
            let counters = watch.lastLook(wasKilled: killed)
            #expect(counters.oomKilled == expected)
        }
    }
}
