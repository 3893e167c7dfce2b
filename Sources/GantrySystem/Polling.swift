internal import CLinux

/// poll(2) over a few descriptors.
package struct PollSet: Sendable {
    package struct Events: OptionSet, Sendable {
        package let rawValue: Int16
        package init(rawValue: Int16) { self.rawValue = rawValue }
        package static let readable = Events(rawValue: 1)
        package static let writable = Events(rawValue: 4)
        package static let failed = Events(rawValue: 8)
        package static let hungUp = Events(rawValue: 16)
    }

    private var entries: [cl_pollfd] = []

    package init() {}

    package var count: Int { entries.count }
    package mutating func removeAll() { entries.removeAll(keepingCapacity: true) }
    /// Adds a descriptor (negative ones are passed over by the kernel) and says where its answer will be.
    @discardableResult
    package mutating func add(_ fd: Int32, _ events: Events) -> Int {
        entries.append(cl_pollfd(fd: fd, events: events.rawValue, revents: 0))
        return entries.count - 1
    }
    package subscript(_ index: Int) -> Events { Events(rawValue: entries[index].revents) }

    /// How many are ready; 0 after the time-out. nil waits for ever. A signal ends it with 0.
    @discardableResult
    package mutating func wait(milliseconds: Int32? = nil) throws(Errno) -> Int {
        let result = entries.withUnsafeMutableBufferPointer {
            cl_poll($0.baseAddress, $0.count, milliseconds ?? -1)
        }
        if result == -4 { return 0 }
        return Int(try check(result))
    }

    /// Waits for one descriptor; false after the time-out.
    package static func wait(_ fd: Int32, _ events: Events, milliseconds: Int32? = nil) throws(Errno) -> Bool {
        var entry = cl_pollfd(fd: fd, events: events.rawValue, revents: 0)
        let until = milliseconds.map { Clock.monotonic + Int64($0) * 1_000_000 }
        while true {
            let left = until.map { max(0, Int32(($0 - Clock.monotonic + 999_999) / 1_000_000)) } ?? -1
            let result = cl_poll(&entry, 1, left)
            if result == -4 { continue }
            return try check(result) > 0
        }
    }
}

/// epoll(7), level-triggered, with a number for each descriptor.
package struct Epoll: ~Copyable, Sendable {
    private let fd: OwnedDescriptor
    package static let readable: UInt32 = 1
    package static let writable: UInt32 = 4
    package static let hungUp: UInt32 = 16

    package init() throws(Errno) { fd = OwnedDescriptor(try check(cl_epoll_create())) }

    package borrowing func add(_ descriptor: Int32, _ events: UInt32 = readable, tag: UInt64) throws(Errno) {
        try check(cl_epoll_add(fd.raw, descriptor, events, tag))
    }
    package borrowing func remove(_ descriptor: Int32) throws(Errno) { try check(cl_epoll_remove(fd.raw, descriptor)) }
    /// Tags of what is ready; empty after the time-out or a signal.
    package borrowing func wait(milliseconds: Int32? = nil) throws(Errno) -> [UInt64] {
        var events = [cl_event](repeating: cl_event(), count: 64)
        let result = events.withUnsafeMutableBufferPointer {
            cl_epoll_wait(fd.raw, $0.baseAddress, Int32($0.count), milliseconds ?? -1)
        }
        if result == -4 { return [] }
        return events[0..<Int(try check(result))].map(\.data)
    }
}

/// A descriptor that other threads make readable: eventfd(2).
package struct WakeUp: ~Copyable, Sendable {
    private let fd: OwnedDescriptor
    package init() throws(Errno) { fd = OwnedDescriptor(try check(cl_eventfd(1))) }
    package var raw: Int32 { fd.raw }
    package borrowing func signal() { _ = cl_eventfd_add(fd.raw, 1) }
    package borrowing func clear() {
        var value: UInt64 = 0
        _ = cl_eventfd_take(fd.raw, &value)
    }
}

/// Signals read from a descriptor instead of caught by handlers: signalfd(2).
package struct SignalReader: ~Copyable, Sendable {
    private let fd: OwnedDescriptor
    /// Blocks the signals on this thread; start it before other threads so that they inherit that.
    package init(_ signals: [Int32]) throws(Errno) {
        fd = OwnedDescriptor(try check(cl_signalfd(Signals.mask(signals))))
    }
    package var raw: Int32 { fd.raw }
    package borrowing func next() -> (signal: Int32, sender: Int32)? {
        var sender: Int32 = 0
        let signal = cl_signalfd_next(fd.raw, &sender)
        return signal < 0 ? nil : (signal, sender)
    }
}

/// Signals by number.
package enum Signals {
    package static let hangUp: Int32 = 1
    package static let interrupt: Int32 = 2
    package static let quit: Int32 = 3
    package static let kill: Int32 = 9
    package static let user1: Int32 = 10
    package static let user2: Int32 = 12
    package static let pipe: Int32 = 13
    package static let terminate: Int32 = 15
    package static let child: Int32 = 17
    package static let continueSignal: Int32 = 18
    package static let windowChanged: Int32 = 28
    package static let badSystemCall: Int32 = 31

    static func mask(_ signals: [Int32]) -> UInt64 { signals.reduce(0) { $0 | (1 << UInt64($1)) } }

    /// Blocks them on this thread and those it starts.
    package static func block(_ signals: [Int32]) { _ = cl_block_signals(mask(signals)) }
    /// Waits for one of the (blocked) signals.
    package static func wait(_ signals: [Int32]) -> Int32 { cl_sigwait(mask(signals)) }
    /// Blocks every signal on this thread and those it starts.
    package static func blockAll() { _ = cl_block_all_signals() }
    /// Waits for any signal at all; they have to be blocked.
    package static func next() -> Int32 { cl_next_signal() }
    package static func ignore(_ signal: Int32) { cl_ignore_signal(signal) }
    package static func reset() { cl_reset_signals() }
}

/// Clocks, in nanoseconds.
package enum Clock {
    /// Since 1970.
    package static var realtime: Int64 { cl_realtime() }
    /// Since some point in the past; never goes back.
    package static var monotonic: Int64 { cl_monotonic() }
    package static func sleep(milliseconds: Int64) { cl_sleep(milliseconds * 1_000_000) }
}

/// Changes of files: inotify(7).
package struct FileWatch: ~Copyable, Sendable {
    private let fd: OwnedDescriptor
    package static let modified: UInt32 = 0x2
    package static let movedTo: UInt32 = 0x80
    package static let created: UInt32 = 0x100
    package static let deleted: UInt32 = 0x200
    package static let deletedSelf: UInt32 = 0x400
    package static let movedSelf: UInt32 = 0x800
    package init() throws(Errno) { fd = OwnedDescriptor(try check(cl_inotify())) }
    package var raw: Int32 { fd.raw }
    @discardableResult
    package borrowing func add(_ path: String, _ mask: UInt32) throws(Errno) -> Int32 {
        try check(cl_inotify_add(fd.raw, path, mask))
    }
    /// Forgets what has come in; who wakes looks at the files again.
    package borrowing func drain() {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            while cl_read(fd.raw, buffer.baseAddress, buffer.count) > 0 {}
        }
    }
}
