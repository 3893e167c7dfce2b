import GantryWire

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC: `2026-11-23T21:32:12.5Z`; trailing zeros of the fraction are left out.
    public var description: String {
        let seconds = self.seconds
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let (year, month, day) = CivilDate.date(days: days)
        let time = seconds - days * 86_400
        var fraction = self.fraction
        return String(unsafeUninitializedCapacity: 30) { buffer in
            var end = 0
            func put(_ value: Int64, digits: Int, then separator: UInt8) {
                var rest = value
                for position in stride(from: end + digits - 1, through: end, by: -1) {
                    buffer[position] = UInt8(ascii: "0") + UInt8(rest % 10)
                    rest /= 10
                }
                buffer[end + digits] = separator
                end += digits + 1
            }
            put(year, digits: 4, then: UInt8(ascii: "-"))
            put(month, digits: 2, then: UInt8(ascii: "-"))
            put(day, digits: 2, then: UInt8(ascii: "T"))
            put(time / 3600, digits: 2, then: UInt8(ascii: ":"))
            put(time / 60 % 60, digits: 2, then: UInt8(ascii: ":"))
            put(time % 60, digits: 2, then: fraction == 0 ? UInt8(ascii: "Z") : UInt8(ascii: "."))
            guard fraction != 0 else { return end }
            var digits = 9
            while fraction % 10 == 0 {
                fraction /= 10
                digits -= 1
            }
            put(fraction, digits: digits, then: UInt8(ascii: "Z"))
            return end
        }
    }

    /// Parses RFC 3339 with any offset and up to nine fraction digits (further ones are cut off).
    /// - Throws: `.invalidArgument` when the text is not RFC 3339 or lies outside 1677 to 2262.
    public init(_ text: String) throws(GantryError) {
        var scanner = Scanner(bytes: Array(text.utf8))
        guard let moment = scanner.moment() else {
            throw GantryError(
                .invalidArgument,
                "parse time '\(text)': not RFC 3339, like 2026-01-31T12:00:00.5Z, between 1678 and 2261")
        }
        self.init(nanoseconds: moment)
    }
}

/// Reads one RFC 3339 time; answers nil at the first thing that is wrong.
private struct Scanner {
    let bytes: [UInt8]
    var position = 0

    mutating func moment() -> Int64? {
        guard let year = number(digits: 4), skip("-"), let month = number(digits: 2), skip("-"),
            let day = number(digits: 2), skip("T") || skip("t") || skip(" "), let hour = number(digits: 2), skip(":"),
            let minute = number(digits: 2), skip(":"), let second = number(digits: 2)
        else { return nil }
        guard (1678...2261).contains(year), (1...12).contains(month),
            (1...CivilDate.length(year: year, month: month)).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var fraction: Int64 = 0
        if skip(".") {
            guard let value = fractionDigits() else { return nil }
            fraction = value
        }
        guard let offset = offset(), position == bytes.count else { return nil }
        let days = CivilDate.days(year: year, month: month, day: day)
        return (days * 86_400 + hour * 3600 + minute * 60 + second - offset) * 1_000_000_000 + fraction
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func number(digits: Int) -> Int64? {
        guard position + digits <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + digits] {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        position += digits
        return value
    }

    private mutating func fractionDigits() -> Int64? {
        var value: Int64 = 0
        var scale: Int64 = 1_000_000_000
        let start = position
        while let digit = number(digits: 1) {
            scale /= 10
            value += digit * scale
        }
        return position > start ? value : nil
    }

    /// Seconds east of UTC.
    private mutating func offset() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int64 = skip("+") ? 1 : skip("-") ? -1 : 0
        guard sign != 0, let hours = number(digits: 2), skip(":"), let minutes = number(digits: 2), hours < 24,
            minutes < 60
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}
