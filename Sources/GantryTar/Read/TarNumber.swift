/// The number formats of tar headers.
///
/// Source: POSIX.1-2017 pax, ustar interchange format (octal); GNU tar manual, "Extensions" (base-256).
enum TarNumber {
    /// A numeric header field: octal digits between blanks, or base-256 two's complement when the top bit is set.
    /// `nil` when it is neither, or does not fit.
    static func field(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard let first = bytes.first else { return 0 }
        return first & 0x80 != 0 ? base256(bytes) : octal(bytes)
    }

    private static func octal(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        var index = 0
        while index < bytes.count, bytes[index] == 0x20 { index += 1 }
        var value: Int64 = 0
        while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x37 {
            if value > Int64.max >> 3 { return nil }
            value = value << 3 | Int64(bytes[index] - 0x30)
            index += 1
        }
        // What follows is a terminator; old writers leave rubbish after the first NUL.
        if index < bytes.count, bytes[index] != 0, bytes[index] != 0x20 { return nil }
        return value
    }

    private static func base256(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        // Bit 7 of the first byte is the marker and bit 6 the sign.
        let negative = bytes[0] & 0x40 != 0
        var value: Int64 = negative ? -1 : 0
        for index in 0..<bytes.count {
            var byte = bytes[index]
            if index == 0 { byte = negative ? byte | 0x80 : byte & 0x7f }
            let top = value >> 55
            guard top == 0 || top == -1 else { return nil }
            value = value << 8 | Int64(byte)
        }
        return (value < 0) == negative ? value : nil
    }

    /// Digits only, as in pax records and sparse maps; `nil` for anything else or an overflow.
    static func decimal(_ bytes: some Collection<UInt8>) -> Int64? {
        if bytes.isEmpty { return nil }
        var value: Int64 = 0
        for byte in bytes {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            let (shifted, over) = value.multipliedReportingOverflow(by: 10)
            let (sum, more) = shifted.addingReportingOverflow(Int64(byte - 0x30))
            if over || more { return nil }
            value = sum
        }
        return value
    }

    /// A pax time: `[-]seconds[.fraction]`; digits beyond nanoseconds are cut off.
    static func time(_ bytes: ArraySlice<UInt8>) -> TarTime? {
        var rest = bytes
        let negative = rest.first == 0x2d
        if negative { rest = rest.dropFirst() }
        let dot = rest.firstIndex(of: 0x2e) ?? rest.endIndex
        guard let seconds = decimal(rest[rest.startIndex..<dot]) else { return nil }
        var nanoseconds: Int32 = 0
        if dot < rest.endIndex {
            var scale: Int32 = 100_000_000
            for byte in rest[(dot + 1)...] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                nanoseconds += Int32(byte - 0x30) * scale
                scale /= 10
            }
        }
        if !negative { return TarTime(seconds: seconds, nanoseconds: nanoseconds) }
        // A timespec counts nanoseconds upwards from the second below.
        if nanoseconds == 0 { return TarTime(seconds: -seconds) }
        return TarTime(seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds)
    }
}
