internal import CSeccomp

/// The names of system calls, as this machine's libseccomp knows them.
///
/// Source: seccomp_syscall_resolve_name(3).
package enum SystemCalls {
    /// Whether any architecture has a system call of this name. A name that is newer than the library is unknown to it,
    /// and the OCI runtimes, which use the same library, pass over it.
    ///
    /// Cost: a hash and a comparison.
    package static func knows(_ name: String) -> Bool {
        // NUL would cut the name short, so that another one would be looked up.
        guard !name.utf8.contains(0) else { return false }
        return seccomp_syscall_resolve_name(name) != unknown
    }

    /// The name of a call by its number; nil for one that the library does not know.
    ///
    /// - Parameter architecture: AUDIT_ARCH_…, which is the library's word as well.
    package static func name(_ number: UInt32, architecture: UInt32) -> String? {
        let isX32 = number & x32 != 0 && architecture == SystemCallFilter.Architecture.x86_64.token
        let token = isX32 ? SystemCallFilter.Architecture.x32.token : architecture
        guard let found = seccomp_syscall_resolve_num_arch(token, Int32(bitPattern: number)) else { return nil }
        defer { cs_free(found) }
        return String(cString: found)
    }

    /// The names of every call that the machine's processor family has, as far as the library knows. Cost: 0.2 ms.
    package static func all() -> Set<String> {
        var names = Set<String>()
        for architecture in SystemCallFilter.Architecture.family where architecture != .x32 {
            for number in 0..<UInt32(1024) {
                if let name = name(number, architecture: architecture.token) { names.insert(name) }
            }
        }
        return names
    }

    /// x32's numbers begin here.
    private static let x32: UInt32 = 0x4000_0000

    /// The library's version, such as "2.5.4".
    package static var libraryVersion: String {
        guard let version = seccomp_version()?.pointee else { return "" }
        return "\(version.major).\(version.minor).\(version.micro)"
    }

    /// __NR_SCMP_ERROR; what other architectures have and this one has not are other negative numbers.
    private static let unknown: Int32 = -1
}
