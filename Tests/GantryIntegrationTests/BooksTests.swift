import GantrySystem
import Testing

extension Integration {
    /// The books are worth something only when they notice.
    @Suite struct BooksTests {
        @Test func everyKindOfLeftoverIsNoticed() throws {
            try Machine.require()
            let engine = try Engine()
            let books = Books(of: engine)
            #expect(books.leftovers(seconds: 0) == [])

            let place = engine.state + "/mounted"
            try Path.makeDirectories(place)
            try Mounts.mount("tmpfs", at: place, type: "tmpfs")
            defer { try? Mounts.unmount(place) }
            let hierarchy = Path.exists("/sys/fs/cgroup/pids") ? "/sys/fs/cgroup/pids" : "/sys/fs/cgroup"
            let cgroup = "\(hierarchy)/gantry/default/\(engine.mark)"
            try Path.makeDirectories(cgroup)
            defer { try? Path.removeDirectory(cgroup) }
            let process = try Program("/bin/sleep", ["60"], environment: engine.environment)
            defer { try? process.signal(Signals.kill) }
            // In the middle of an execve(2) a process has neither arguments nor an environment.
            for _ in 0..<100 where Machine.read("/proc/\(process.pid)/environ").isEmpty {
                Clock.sleep(milliseconds: 10)
            }
            try Path.makeDirectories(engine.state + "/tasks/default/left")
            try Path.makeDirectories(engine.root + "/containers/default/left")
            try File.replace(engine.temporary + "/left", with: [], sync: false)

            let found = books.leftovers(seconds: 0)
            for expected in [
                "mount \(place)", "cgroup \(cgroup)", "process \(process.pid) ", "task directory default/left",
                "container directory default/left", "temporary file \(engine.temporary)/left",
            ] {
                #expect(found.contains { $0.hasPrefix(expected) }, "not noticed: \(expected)")
            }
            try Mounts.unmount(place)
            try process.signal(Signals.kill)
            try process.wait()
            try Path.removeDirectory(cgroup)
            try engine.removeFiles()
        }
    }
}
