import GantryWire

/// Writes times as RFC 3339 in UTC with nine digits. The part down to the second is kept for the next entry, because a
/// busy log writes thousands in one second.
struct LogClock {
    private var second = Int64.min
    private var prefix = [UInt8]()

    /// `time`: nanoseconds since 1970.
    mutating func append(_ time: Int64, to bytes: inout [UInt8]) {
        let seconds = time / 1_000_000_000
        if seconds != second {
            second = seconds
            prefix = Self.format(seconds)
        }
        bytes.append(contentsOf: prefix)
        Self.append(time % 1_000_000_000, digits: 9, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// `2026-11-23T21:50:47.`
    private static func format(_ seconds: Int64) -> [UInt8] {
        let day = seconds / 86_400
        let rest = seconds % 86_400
        let (year, month, dayOfMonth) = civil(day)
        var bytes = [UInt8]()
        bytes.reserveCapacity(20)
        append(year, digits: 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        append(month, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        append(dayOfMonth, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        append(rest / 3600, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(rest / 60 % 60, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(rest % 60, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        return bytes
    }

    /// The Gregorian date of a day counted from 1970-01-01, in years that begin on 1 March so that the leap day is last.
    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    private static func append(_ value: Int64, digits: Int, to bytes: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        var rest = value
        for _ in 0..<digits {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / divisor))
            rest %= divisor
            divisor /= 10
        }
    }
}
