// The pieces of which JSON text is made, for the writer and for hot paths that write their answer by hand.

extension [UInt8] {
    /// Appends the bytes of a literal, as they stand.
    @inlinable
    public mutating func append(static text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends an unsigned integer in decimal.
    public mutating func append(decimal value: UInt64) {
        if value < 10 { return append(UInt8(ascii: "0") + UInt8(value)) }
        // 20 digits hold UInt64.max; they are made from the right.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = value
            var index = 20
            while rest > 0 {
                let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
                index -= 1
                digits[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: remainder)
                rest = quotient
            }
            append(contentsOf: UnsafeBufferPointer(rebasing: digits[index..<20]))
        }
    }

    /// Appends a JSON string: quotes around it, and escapes where RFC 8259 wants them.
    public mutating func append(quoted text: String) {
        append(UInt8(ascii: "\""))
        // Native strings give their bytes for nothing; a bridged one is copied first.
        let direct: Void? = text.utf8.withContiguousStorageIfAvailable { append(escaping: $0) }
        if direct == nil {
            let copy = Array(text.utf8)
            copy.withUnsafeBufferPointer { append(escaping: $0) }
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func append(escaping bytes: UnsafeBufferPointer<UInt8>) {
        var clean = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                index += 1
                continue
            }
            append(contentsOf: UnsafeBufferPointer(rebasing: bytes[clean..<index]))
            append(escape: byte)
            index += 1
            clean = index
        }
        append(contentsOf: UnsafeBufferPointer(rebasing: bytes[clean..<index]))
    }

    private mutating func append(escape byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
        case 0x08: append(UInt8(ascii: "b"))
        case 0x0C: append(UInt8(ascii: "f"))
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0D: append(UInt8(ascii: "r"))
        case 0x09: append(UInt8(ascii: "t"))
        default:
            append(static: "u00")
            append(hexadecimal: byte >> 4)
            append(hexadecimal: byte & 0x0F)
        }
    }

    private mutating func append(hexadecimal digit: UInt8) {
        append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
}
