/// Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
///
/// Source: Unicode 15, table 3-7 (well-formed UTF-8 byte sequences).
public enum UTF8Check {
    /// The offset of the first byte that does not begin a well-formed sequence, or nil when all is well.
    public static func firstInvalid(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var index = 0
        let end = bytes.count
        while index < end {
            let lead = bytes[index]
            if lead < 0x80 {
                index += 1
                continue
            }
            guard let (length, second) = expectation(lead), end - index >= length, second.contains(bytes[index + 1])
            else { return index }
            var rest = 2
            while rest < length {
                guard bytes[index + rest] & 0xC0 == 0x80 else { return index }
                rest += 1
            }
            index += length
        }
        return nil
    }

    /// The length of the sequence that `lead` begins, and the range of its second byte.
    @inline(__always)
    private static func expectation(_ lead: UInt8) -> (length: Int, second: ClosedRange<UInt8>)? {
        switch lead {
        case 0xC2...0xDF: (2, 0x80...0xBF)
        case 0xE0: (3, 0xA0...0xBF)
        case 0xED: (3, 0x80...0x9F)
        case 0xE1...0xEF: (3, 0x80...0xBF)
        case 0xF0: (4, 0x90...0xBF)
        case 0xF1...0xF3: (4, 0x80...0xBF)
        case 0xF4: (4, 0x80...0x8F)
        default: nil
        }
    }
}
