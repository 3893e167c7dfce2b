/// A moment as nanoseconds since 1970-01-01T00:00:00Z, without leap seconds: 1677 to 2262.
///
/// Written as RFC 3339 in UTC, with as many fraction digits as are needed, as Go's `time.RFC3339Nano` writes it.
/// The current time comes from the clock of `GantrySystem`; this type only holds and prints.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Nanoseconds since 1970; negative before.
    public var nanoseconds: Int64

    /// Makes a moment of nanoseconds since 1970.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Makes a moment of whole seconds since 1970.
    /// - Precondition: within 1677 to 2262.
    public init(seconds: Int64) {
        self.init(nanoseconds: seconds * 1_000_000_000)
    }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 {
        let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The part below a second, 0 to 999,999,999.
    public var fraction: Int64 { nanoseconds &- seconds &* 1_000_000_000 }

    /// Orders by time.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The moment `seconds` later (earlier when negative); stays at the end of the range rather than wrap.
    public func adding(seconds: Int64) -> Timestamp {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, wrapped) = nanoseconds.addingReportingOverflow(product)
        guard overflow || wrapped else { return Timestamp(nanoseconds: sum) }
        return Timestamp(nanoseconds: seconds < 0 ? .min : .max)
    }
}

/// Days and dates of the proleptic Gregorian calendar, by counting years from March so that a leap day comes last.
enum CivilDate {
    /// Days since 1970-01-01.
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The date of a number of days since 1970-01-01.
    static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * dayOfYear + 2) / 153
        let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * fromMarch + 2) / 5 + 1)
    }

    /// Days of a month.
    static func length(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
