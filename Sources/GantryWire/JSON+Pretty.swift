extension JSON {
    /// The value over several lines, as `inspect` shows it: `indent` spaces a level, one member or element a line,
    /// empty containers as `{}` and `[]`, no line feed at the end.
    public func pretty(indent: Int = 4) -> String {
        var bytes: [UInt8] = []
        write(into: &bytes, indent: indent, level: 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func write(into bytes: inout [UInt8], indent: Int, level: Int) {
        func line(_ level: Int) {
            bytes.append(UInt8(ascii: "\n"))
            for _ in 0..<(indent * level) { bytes.append(UInt8(ascii: " ")) }
        }
        switch self {
        case .array(let elements) where !elements.isEmpty:
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                line(level + 1)
                element.write(into: &bytes, indent: indent, level: level + 1)
            }
            line(level)
            bytes.append(UInt8(ascii: "]"))
        case .object(let object) where !object.isEmpty:
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                line(level + 1)
                bytes.append(quoted: member.key)
                bytes.append(static: ": ")
                member.value.write(into: &bytes, indent: indent, level: level + 1)
            }
            line(level)
            bytes.append(UInt8(ascii: "}"))
        default: encode(into: &bytes)
        }
    }
}
