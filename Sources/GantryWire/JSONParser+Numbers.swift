extension JSONParser {
    /// A number: an integer when it is written as one and fits 64 bits, else a double.
    ///
    /// An integer beyond 64 bits becomes the nearest double, as in most languages; what is infinite as a double is
    /// refused, because it could not be written back.
    mutating func number() throws(JSONError) -> JSON {
        let start = position
        let negative = base[position] == UInt8(ascii: "-")
        if negative { position += 1 }
        let firstDigit = position
        var magnitude: UInt64 = 0
        var overflow = false
        while position < end, let digit = decimal(base[position]) {
            let (product, wraps) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(UInt64(digit))
            overflow = overflow || wraps || carries
            magnitude = sum
            position += 1
        }
        let digits = position - firstDigit
        guard digits > 0, digits == 1 || base[firstDigit] != UInt8(ascii: "0") else {
            throw JSONError(position < end || digits > 0 ? .invalidNumber : .unexpectedEnd, at: position)
        }
        let hasFraction = try fraction()
        let hasExponent = try exponent()
        if !hasFraction, !hasExponent, !overflow {
            if !negative { return .integer(magnitude) }
            // -0 is an integer in no representation but zero.
            if magnitude <= UInt64(Int64.max) { return .int(-Int64(magnitude)) }
            if magnitude == UInt64(Int64.max) + 1 { return .int(.min) }
        }
        let bytes = UnsafeBufferPointer(start: base + start, count: position - start)
        guard let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else {
            throw JSONError(.numberOutOfRange, at: start)
        }
        return .double(value)
    }

    private mutating func fraction() throws(JSONError) -> Bool {
        guard position < end, base[position] == UInt8(ascii: ".") else { return false }
        position += 1
        try digits()
        return true
    }

    private mutating func exponent() throws(JSONError) -> Bool {
        guard position < end, base[position] | 0x20 == UInt8(ascii: "e") else { return false }
        position += 1
        if position < end, base[position] == UInt8(ascii: "+") || base[position] == UInt8(ascii: "-") { position += 1 }
        try digits()
        return true
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while position < end, decimal(base[position]) != nil { position += 1 }
        guard position > start else {
            throw JSONError(position < end ? .invalidNumber : .unexpectedEnd, at: position)
        }
    }

    @inline(__always)
    private func decimal(_ byte: UInt8) -> UInt8? {
        let digit = byte &- UInt8(ascii: "0")
        return digit < 10 ? digit : nil
    }
}
