internal import CLinux

/// A system call that a filter holds until somebody says what becomes of it.
///
/// Source: seccomp_unotify(2).
package struct HeldCall: Sendable, Equatable {
    package var id: UInt64
    /// The thread that makes it, by its number in this process's namespace.
    package var pid: Int32
    package var number: UInt32
    /// AUDIT_ARCH_….
    package var architecture: UInt32
    /// Six.
    package var arguments: [UInt64]

    package init(id: UInt64 = 0, pid: Int32 = 0, number: UInt32, architecture: UInt32, arguments: [UInt64] = []) {
        self.id = id
        self.pid = pid
        self.number = number
        self.architecture = architecture
        self.arguments = arguments
    }

    /// The next one, of a listener that can be read. ENOENT when its thread is gone meanwhile.
    package static func take(_ listener: Int32) throws(Errno) -> HeldCall {
        var raw = cl_held_call()
        try check(cl_seccomp_take(listener, &raw))
        let arguments = raw.arguments
        return HeldCall(
            id: raw.id, pid: Int32(bitPattern: raw.pid), number: raw.number, architecture: raw.architecture,
            arguments: [arguments.0, arguments.1, arguments.2, arguments.3, arguments.4, arguments.5])
    }

    /// Has it answer with an error. ENOENT when its thread is gone.
    package func refuse(_ listener: Int32, with error: Errno) throws(Errno) {
        try check(cl_seccomp_refuse(listener, id, error.code))
    }
}
