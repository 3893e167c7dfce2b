internal import CLinux

/// A program's file as a copy in memory that nobody can change.
///
/// The OCI runtimes guard themselves against containers that write to the runtime's file through /proc/PID/exe
/// (CVE-2019-5736): at every start crun binds its own file read-only and executes itself a second time from there, which
/// costs another load of its libraries, 2.5 ms. A program that runs from a sealed memory file is safe already and knows it.
///
/// Source: memfd_create(2), fcntl(2) "File Sealing".
package struct SealedProgram: Sendable {
    /// Which file it was made of, to see that it has been replaced.
    private let original: FileStatus
    package let descriptor: SharedDescriptor

    /// Copies it. Cost: its bytes in memory, once for all who run it; a millisecond for crun's 400 kB.
    /// - Throws: `.notExecutable` (ENOEXEC) for what is no binary: an interpreter could not open a script by this name.
    package init(_ path: String) throws(Errno) {
        let file = try File.open(path)
        original = try FileStatus.of(descriptor: file.raw)
        guard original.kind == .regular, original.size <= 256 << 20 else { throw .notExecutable }
        let bytes = try File.readAll(file.raw, limit: 256 << 20)
        guard bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { throw .notExecutable }
        let copy = try check(cl_memfd_sealable(Path.name(of: path)))
        descriptor = SharedDescriptor(OwnedDescriptor(copy))
        try File.write(copy, bytes)
        try Path.changeMode(descriptor: copy, 0o555)
        try check(cl_seal(copy))
    }

    /// Whether the file at `path` is still the one that this was made of. Cost: a statx(2).
    package func isCurrent(_ path: String) -> Bool {
        guard let now = try? FileStatus.of(path, follow: true) else { return false }
        return (now.device, now.inode, now.size) == (original.device, original.inode, original.size)
            && now.modified == original.modified && now.changed == original.changed
    }

    /// The path to execute, for this process and its children, of a sealed program that it holds as `descriptor`; nil for
    /// any other file.
    package static func path(_ descriptor: Int32) -> String? {
        cl_is_sealed(descriptor) == 1 ? "/proc/\(Processes.current)/fd/\(descriptor)" : nil
    }
}
