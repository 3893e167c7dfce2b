internal import CLinux

/// xattr(7) of open files and, for symbolic links, of names.
package enum ExtendedAttributes {
    package static func get(_ name: String, descriptor fd: Int32) throws(Errno) -> [UInt8] {
        try sized { cl_fgetxattr(fd, name, $0.baseAddress, $0.count) }
    }
    package static func set(_ name: String, to value: [UInt8], descriptor fd: Int32) throws(Errno) {
        try check(value.withUnsafeBytes { cl_fsetxattr(fd, name, $0.baseAddress, $0.count, 0) })
    }
    package static func names(descriptor fd: Int32) throws(Errno) -> [String] {
        split(try sized { cl_flistxattr(fd, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) })
    }
    package static func remove(_ name: String, descriptor fd: Int32) throws(Errno) {
        try check(cl_fremovexattr(fd, name))
    }
    /// Of the name itself, never through a symbolic link.
    package static func get(_ name: String, path: String) throws(Errno) -> [UInt8] {
        try sized { cl_lgetxattr(path, name, $0.baseAddress, $0.count) }
    }
    package static func set(_ name: String, to value: [UInt8], path: String) throws(Errno) {
        try check(value.withUnsafeBytes { cl_lsetxattr(path, name, $0.baseAddress, $0.count, 0) })
    }
    package static func names(path: String) throws(Errno) -> [String] {
        split(try sized { cl_llistxattr(path, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) })
    }

    /// Into a small buffer first: most attributes fit and one call does.
    static func sized(_ call: (UnsafeMutableRawBufferPointer) -> Int64) throws(Errno) -> [UInt8] {
        var capacity = 256
        while true {
            var buffer = [UInt8](repeating: 0, count: capacity)
            let result = buffer.withUnsafeMutableBytes { call($0) }
            // ERANGE: it grew, or never fitted; 64 KiB is the kernel's limit.
            if result == -34 && capacity < 65536 {
                capacity = 65536
                continue
            }
            let count = try check(result)
            buffer.removeLast(buffer.count - count)
            return buffer
        }
    }

    static func split(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A file's attribute as a process of `owners` has it; nil for what names other ids and is left out: access lists.
    ///
    /// Source: the kernel's `include/uapi/linux/capability.h`: version 3 of the capabilities of a file is version 2 with the
    /// id of the root that they are for.
    package static func seen(_ name: String, _ value: [UInt8], by owners: OwnerRange) -> [UInt8]? {
        if name.hasPrefix("system.posix_acl_") { return nil }
        guard name == "security.capability", value.count == 24, value[3] == 3 else { return value }
        var own = Array(value.prefix(20))
        own[3] = 2
        return own
    }
}
