import GantrySystem

/// What is compared of two trees' files, and how.
enum TreeFacts {
    static func join(_ path: [UInt8], _ name: RawPath) -> [UInt8] {
        path.isEmpty ? name.bytes : path + [0x2f] + name.bytes
    }

    /// Nil when there is no such name.
    static func status(_ name: RawPath, at directory: Int32) throws(Errno) -> FileStatus? {
        do throws(Errno) { return try name.status(at: directory) } catch .noEntry { return nil }
    }

    /// Kind, mode, owners, times, device numbers, and the size of what has content.
    static func isSame(_ left: FileStatus, _ right: FileStatus) -> Bool { difference(left, right) == nil }

    /// The word for what is different; nil when nothing is.
    static func difference(_ left: FileStatus, _ right: FileStatus) -> String? {
        if left.kind != right.kind { return "kind" }
        if left.permissions != right.permissions { return "mode" }
        if left.uid != right.uid || left.gid != right.gid { return "owner" }
        if left.modified != right.modified { return "time" }
        if left.kind == .regular, left.size != right.size { return "size" }
        let isDevice = left.kind == .characterDevice || left.kind == .blockDevice
        if isDevice, left.deviceMajor != right.deviceMajor || left.deviceMinor != right.deviceMinor {
            return "device number"
        }
        return nil
    }

    static func attributes(_ descriptor: Int32) throws(Errno) -> [String: [UInt8]] {
        var values: [String: [UInt8]] = [:]
        for name in try TreeCopy.list({ () throws(Errno) in try ExtendedAttributes.names(descriptor: descriptor) }) {
            values[name] = try ExtendedAttributes.get(name, descriptor: descriptor)
        }
        return values
    }

    /// Of the name itself, never through a symbolic link.
    static func attributes(_ name: RawPath, at directory: Int32) throws(Errno) -> [String: [UInt8]] {
        let path = name.below(descriptor: directory)
        var values: [String: [UInt8]] = [:]
        for name in try TreeCopy.list({ () throws(Errno) in try ExtendedAttributes.names(path) }) {
            values[name] = try ExtendedAttributes.get(name, path)
        }
        return values
    }

    /// Takes away what only `target` has.
    static func dropAttributes(of target: Int32, notIn source: Int32) throws(Errno) {
        let kept = try attributes(source)
        for name in try attributes(target).keys where kept[name] == nil {
            try ExtendedAttributes.remove(name, descriptor: target)
        }
    }

    /// Whether two files of the same size hold the same bytes. Where both have a hole, nothing is read.
    static func hasSameContent(_ left: Int32, _ right: Int32) throws(Errno) -> Bool {
        var ours = [UInt8](repeating: 0, count: 1 << 18)
        var theirs = ours
        var position: Int64 = 0
        while let next = try nextData(left, right, from: position) {
            try File.seek(left, next)
            try File.seek(right, next)
            let count = try fill(left, &ours)
            guard try fill(right, &theirs) == count else { return false }
            if count == 0 { return true }
            guard ours[..<count] == theirs[..<count] else { return false }
            position = next + Int64(count)
        }
        return true
    }

    /// Where one of the two has data from `position` on; nil when neither has.
    private static func nextData(_ left: Int32, _ right: Int32, from position: Int64) throws(Errno) -> Int64? {
        func next(_ file: Int32) throws(Errno) -> Int64? {
            // ENXIO: nothing but a hole up to the end.
            do throws(Errno) { return try File.seek(file, position, .data) } catch Errno(6) { return nil }
        }
        guard let ours = try next(left) else { return try next(right) }
        guard let theirs = try next(right) else { return ours }
        return min(ours, theirs)
    }

    private static func fill(_ file: Int32, _ buffer: inout [UInt8]) throws(Errno) -> Int {
        do {
            return try buffer.withUnsafeMutableBytes { try File.readFull(file, into: $0) }
        } catch { throw error as? Errno ?? .io }
    }
}
