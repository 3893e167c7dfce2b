import GantrySystem

/// Changes a tree at random, the same for the same seed. A step that is not possible is none.
struct RandomTree {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1 }

    /// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (SplitMix64).
    private mutating func next(_ bound: Int) -> Int {
        state = state &+ 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int((value ^ (value >> 31)) % UInt64(bound))
    }

    /// Few names, so that they meet; some that are no text, or look like names of the kernel's own.
    private static let names: [[UInt8]] = [
        [0x61], [0x62], [0x63], [0x64], [0xff, 0xfe], Array("ü".utf8), Array("o257-9-0".utf8), Array("o258-10-0".utf8),
    ]

    mutating func change(_ top: String, steps: Int) throws {
        let handle = try File.open(top, .directory)
        for _ in 0..<steps {
            do throws(Errno) { try step(handle.raw) } catch {
                if error == .noSpace || error == .io || error == .badDescriptor { throw error }
            }
        }
    }

    private mutating func path() -> RawPath {
        let depth = 1 + next(4)
        var parts: [[UInt8]] = []
        for _ in 0..<depth { parts.append(Self.names[next(Self.names.count)]) }
        return RawPath(parts.joined(separator: [0x2f]))
    }

    /// A path that is there, if some tries find one.
    private mutating func present(_ top: Int32) -> RawPath {
        for _ in 0..<12 {
            let path = path()
            if (try? path.status(at: top)) != nil { return path }
        }
        return path()
    }

    private mutating func step(_ top: Int32) throws(Errno) {
        let choice = next(20)
        switch choice {
        case 0...2: try path().makeDirectory(mode: 0o755, at: top)
        case 3...5: try write(path(), top)
        case 6: try write(present(top), top)
        case 7...9: try present(top).rename(to: path(), at: top)
        case 10: try present(top).rename(to: present(top), at: top, exchange: true)
        case 11...12: try path().makeLink(to: present(top), in: top, at: top)
        case 13: try present(top).unlink(at: top)
        case 14: try RawDirectory.removeTree(present(top), at: top)
        case 15: try path().makeSymlink(to: path(), at: top)
        case 16: try path().makeNode(mode: 0o010600, at: top)
        default: try attribute(choice, present(top), top)
        }
    }

    private mutating func write(_ path: RawPath, _ top: Int32) throws(Errno) {
        let file = try path.open([.write, .create, .noFollow, .nonblocking], mode: 0o644, at: top)
        try File.write(file.raw, [UInt8](repeating: UInt8(next(256)), count: 1 + next(5000)))
        if next(3) == 0 { try File.truncate(file.raw, to: Int64(next(3000))) }
    }

    private mutating func attribute(_ choice: Int, _ path: RawPath, _ top: Int32) throws(Errno) {
        switch choice {
        case 17:
            let mode: UInt32 = [0o755, 0o700, 0o644, 0o4711][next(4)]
            guard try path.status(at: top).kind != .symlink else { return }
            try path.changeMode(mode, at: top)
        case 18: try path.changeOwner(uid: UInt32(next(3)), gid: UInt32(next(3)), at: top)
        default:
            if next(2) == 0 {
                try path.setTimes(accessed: .omit, modified: FileTime(seconds: Int64(next(1000))), at: top)
                return
            }
            let file = try path.open([.noFollow, .nonblocking], at: top)
            let name = next(2) == 0 ? "user.x" : "trusted.y"
            if next(3) == 0 {
                try ExtendedAttributes.remove(name, descriptor: file.raw)
            } else {
                try ExtendedAttributes.set(name, to: [UInt8(next(256))], descriptor: file.raw)
            }
        }
    }
}
