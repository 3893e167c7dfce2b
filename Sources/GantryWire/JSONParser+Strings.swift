extension JSONParser {
    /// The string whose opening quote has been read; leaves its closing quote behind.
    mutating func string() throws(JSONError) -> String {
        let start = position
        var high: UInt8 = 0
        while position < end {
            let byte = base[position]
            if byte == UInt8(ascii: "\"") {
                let bytes = UnsafeBufferPointer(start: base + start, count: position - start)
                let text = try text(bytes, isASCII: high < 0x80, at: start)
                position += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            guard byte >= 0x20 else { throw JSONError(.controlCharacter, at: position) }
            high |= byte
            position += 1
        }
        throw JSONError(.unexpectedEnd, at: position)
    }

    /// `String(decoding:)` would repair bad bytes silently, so what is not ASCII is checked first.
    private func text(
        _ bytes: UnsafeBufferPointer<UInt8>, isASCII: Bool, at start: Int
    ) throws(JSONError) -> String {
        if !isASCII, let bad = UTF8Check.firstInvalid(bytes) { throw JSONError(.invalidUTF8, at: start + bad) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The slow way, from the first backslash on: what came before it, then piece by piece.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var bytes = [UInt8](UnsafeBufferPointer(start: base + start, count: position - start))
        while position < end {
            let byte = base[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                // An escape never makes invalid UTF-8, so an offence is in the raw bytes: name the string's start.
                let invalid = bytes.withUnsafeBufferPointer { UTF8Check.firstInvalid($0) != nil }
                guard !invalid else { throw JSONError(.invalidUTF8, at: start) }
                return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &bytes)
            case 0..<0x20: throw JSONError(.controlCharacter, at: position)
            default:
                bytes.append(byte)
                position += 1
            }
        }
        throw JSONError(.unexpectedEnd, at: position)
    }

    private mutating func escape(into bytes: inout [UInt8]) throws(JSONError) {
        let start = position
        guard position + 1 < end else { throw JSONError(.unexpectedEnd, at: end) }
        let letter = base[position + 1]
        position += 2
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(letter)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"): append(try scalar(at: start), to: &bytes)
        default: throw JSONError(.invalidEscape, at: start)
        }
    }

    /// The scalar of `\uXXXX`, or of a surrogate pair of two such escapes.
    private mutating func scalar(at start: Int) throws(JSONError) -> UInt32 {
        let first = try hexadecimal()
        guard (0xD800...0xDFFF).contains(first) else { return first }
        guard first < 0xDC00, position + 1 < end, base[position] == UInt8(ascii: "\\"),
            base[position + 1] == UInt8(ascii: "u")
        else { throw JSONError(.loneSurrogate, at: start) }
        position += 2
        let second = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(second) else { throw JSONError(.loneSurrogate, at: start) }
        return 0x10000 + ((first - 0xD800) << 10 | (second - 0xDC00))
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        guard end - position >= 4 else { throw JSONError(.unexpectedEnd, at: end) }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = base[position]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw JSONError(.invalidEscape, at: position)
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
        switch scalar {
        case 0..<0x80: bytes.append(UInt8(scalar))
        case 0x80..<0x800:
            bytes.append(0xC0 | UInt8(scalar >> 6))
            bytes.append(0x80 | UInt8(scalar & 0x3F))
        case 0x800..<0x10000:
            bytes.append(0xE0 | UInt8(scalar >> 12))
            bytes.append(0x80 | UInt8(scalar >> 6 & 0x3F))
            bytes.append(0x80 | UInt8(scalar & 0x3F))
        default:
            bytes.append(0xF0 | UInt8(scalar >> 18))
            bytes.append(0x80 | UInt8(scalar >> 12 & 0x3F))
            bytes.append(0x80 | UInt8(scalar >> 6 & 0x3F))
            bytes.append(0x80 | UInt8(scalar & 0x3F))
        }
    }
}
