import GantrySystem

/// Notices that the kernel has killed a process of the container for want of memory, while the container goes on.
///
/// Version 1 of cgroups rings an eventfd when memory runs out, which is before the kill: the counter is looked at again
/// until it has moved. Version 2 changes `memory.events`. Source: the kernel's `cgroup-v1/memory.rst`, "OOM Control", and
/// `cgroup-v2.rst`, "memory.events".
struct MemoryWatch: ~Copyable {
    private let bell: WakeUp?
    private let control: OwnedDescriptor?
    private let changes: FileWatch?
    private let directories: [String]
    /// Readable when there may be something new; -1 when nothing can be noticed.
    let raw: Int32
    /// What the files said when they were last there. systemd removes an empty scope's cgroup within a moment, and then
    /// this is all that is known.
    private(set) var seen = CgroupCounters()
    private var looksLeft = 0
    /// When the counter is to be looked at again, on the monotonic clock.
    private(set) var deadline: Int64?

    /// Watches the container's memory cgroup; nothing is noticed where there is none. Cost: four system calls.
    init(_ directories: [String]) {
        self.directories = directories
        var bell: WakeUp?
        var control: OwnedDescriptor?
        var changes: FileWatch?
        var raw: Int32 = -1
        for directory in directories {
            if let events = try? File.open(directory + "/memory.oom_control"), let ring = try? WakeUp(),
                let register = try? File.open(directory + "/cgroup.event_control", .write),
                (try? File.write(register.raw, "\(ring.raw) \(events.raw)")) != nil
            {
                raw = ring.raw
                bell = consume ring
                control = consume events
            } else if Path.exists(directory + "/memory.events"), let watch = try? FileWatch(),
                (try? watch.add(directory + "/memory.events", FileWatch.modified)) != nil
            {
                raw = watch.raw
                changes = consume watch
            }
        }
        self.raw = raw
        self.bell = bell
        self.control = control
        self.changes = changes
    }

    /// True once, when a process has been killed. Called when `raw` is readable or the deadline has passed.
    mutating func look(rung: Bool) -> Bool {
        if rung {
            drain()
            looksLeft = Self.mostLooks
        }
        guard !seen.oomKilled, looksLeft > 0 else { return false }
        seen = seen.merged(.read(directories))
        if seen.oomKilled {
            deadline = nil
            return true
        }
        looksLeft -= 1
        deadline = looksLeft > 0 ? Clock.monotonic + Self.pause : nil
        return false
    }

    /// The last look, when the container's first process has ended, by SIGKILL or otherwise.
    ///
    /// The kernel counts a kill before it kills, so that the bell has rung by now. A cgroup that is gone already, with a
    /// bell that nobody has answered and a process that was killed, is one whose last event was the out-of-memory killer's.
    mutating func lastLook(wasKilled: Bool) -> CgroupCounters {
        seen = seen.merged(.read(directories))
        let isGone = !directories.contains { Path.exists($0) }
        if isGone, wasKilled, changes != nil, hasChanged { seen.oomKilled = true }
        return seen
    }

    /// Whether there is news of a change, and not only of the file's end. Source: inotify(7), `struct inotify_event`; the
    /// events of a watched file have no names, and so 16 bytes with the mask after the first four.
    private var hasChanged: Bool {
        guard (try? PollSet.wait(raw, .readable, milliseconds: 0)) == true else { return false }
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = (try? File.readChunk(raw, &chunk)) ?? 0
        return stride(from: 4, to: count, by: 16).contains { UInt32(chunk[$0]) & FileWatch.modified != 0 }
    }

    /// Forgets what has come in; the counter tells.
    private func drain() {
        var chunk = [UInt8](repeating: 0, count: 4096)
        while let count = try? File.readChunk(raw, &chunk), count == chunk.count {}
    }

    private static let mostLooks = 40
    private static let pause: Int64 = 50_000_000
}
