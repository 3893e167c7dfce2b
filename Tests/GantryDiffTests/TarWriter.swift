/// Writes small archives for tests: exactly the bytes that a test asks for, lies included.
struct TarWriter {
    private(set) var bytes: [UInt8] = []

    /// Adds a member. `size` and `checksum` lie when given; `pax` goes in front as an extended header.
    mutating func add(
        _ name: String, _ type: Character = "0", mode: UInt32 = 0o644, uid: Int = 0, gid: Int = 0, link: String = "",
        time: Int = 1_600_000_000, data: [UInt8] = [], major: Int = 0, minor: Int = 0, size: Int? = nil,
        pax: [(String, [UInt8])] = []
    ) {
        if !pax.isEmpty { addPax(pax, "x") }
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: some Sequence<UInt8>, _ at: Int, _ most: Int) {
            for (index, byte) in text.enumerated().prefix(most) { header[at + index] = byte }
        }
        func octal(_ value: Int, _ at: Int, _ length: Int) {
            let digits = String(value, radix: 8)
            put((String(repeating: "0", count: max(0, length - 1 - digits.count)) + digits).utf8, at, length - 1)
        }
        put(name.utf8, 0, 100)
        octal(Int(mode), 100, 8)
        octal(uid, 108, 8)
        octal(gid, 116, 8)
        octal(size ?? data.count, 124, 12)
        octal(time, 136, 12)
        header[156] = type.asciiValue ?? 0
        put(link.utf8, 157, 100)
        put("ustar\0".utf8, 257, 6)
        put("00".utf8, 263, 2)
        octal(major, 329, 8)
        octal(minor, 337, 8)
        put("        ".utf8, 148, 8)
        octal(header.reduce(0) { $0 + Int($1) }, 148, 7)
        bytes += header + data
        pad()
    }

    /// A file with text.
    mutating func file(_ name: String, _ text: String, mode: UInt32 = 0o644) {
        add(name, mode: mode, data: Array(text.utf8))
    }

    mutating func directory(_ name: String, mode: UInt32 = 0o755) { add(name, "5", mode: mode) }

    /// An extended header by itself: `x` for the next member, `g` for all that follow.
    mutating func addPax(_ records: [(String, [UInt8])], _ type: Character) {
        var body: [UInt8] = []
        for (key, value) in records { body += TarWriter.record(key, value) }
        add("pax", type, data: body)
    }

    /// `length key=value\n`, where the length counts itself.
    static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = [0x20] + Array(key.utf8) + [0x3d] + value + [0x0a]
        var length = rest.count + 1
        while String(length).utf8.count + rest.count != length { length = String(length).utf8.count + rest.count }
        return Array(String(length).utf8) + rest
    }

    mutating func raw(_ more: [UInt8]) { bytes += more }

    private mutating func pad() { bytes += [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512) }

    /// With the end marker.
    func finished() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}
