/// What is mounted where, in this process's mount namespace.
///
/// Source: proc(5), /proc/PID/mountinfo.
package enum MountTable {
    /// The mount points below a directory, not itself, in the order in which they were mounted. Cost: a line of the table
    /// each mount of the machine.
    package static func points(below directory: String) throws(Errno) -> [String] {
        points(of: try File.contents("/proc/self/mountinfo"), below: directory)
    }

    static func points(of table: [UInt8], below directory: String) -> [String] {
        let prefix = Array((directory.hasSuffix("/") ? directory : directory + "/").utf8)
        var points: [String] = []
        for line in table.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            guard fields.count > 5 else { continue }
            let point = unescaped(fields[4])
            if point.starts(with: prefix), point.count > prefix.count {
                points.append(String(decoding: point, as: UTF8.self))
            }
        }
        return points
    }

    /// Blanks, tabs, line ends and backslashes stand as three octal digits.
    private static func unescaped(_ field: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
                result.append(digits.reduce(0) { $0 &* 8 &+ ($1 - 0x30) })
                rest = rest.dropFirst(3)
            } else {
                result.append(byte)
            }
        }
        return result
    }
}
