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

    /// The library's version, such as "2.5.4".
    package static var libraryVersion: String {
        guard let version = seccomp_version()?.pointee else { return "" }
        return "\(version.major).\(version.minor).\(version.micro)"
    }

    /// __NR_SCMP_ERROR; what other architectures have and this one has not are other negative numbers.
    private static let unknown: Int32 = -1
}
