/// Lengths of time as Go programs write them, and with them docker's users: `300ms`, `10m`, `1h30m`, `1.5h`, `-2s`, `0`.
///
/// Source: Go's time.ParseDuration.
public enum GoDuration {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    /// Nanoseconds; nil for what is no length of time, or longer than 292 years. Digits below a nanosecond are cut off.
    public static func nanoseconds(_ text: String) -> Int64? {
        var rest = text[...]
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest.removeFirst() }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            guard let part = part(&rest) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            if overflow { return nil }
            total = sum
        }
        return isNegative ? -total : total
    }

    /// One number with its unit.
    private static func part(_ rest: inout Substring) -> Int64? {
        guard let number = DecimalNumber(&rest) else { return nil }
        let name = rest.prefix { !$0.isASCII || $0.isLetter }
        guard let unit = units.first(where: { $0.name == name }) else { return nil }
        rest = rest.dropFirst(name.count)
        return number.times(unit.nanoseconds)
    }
}

/// Digits with a fraction, exact: `1.5`, `.5`, `5.`; what a double would round.
struct DecimalNumber {
    private var whole: Int64 = 0
    private var fraction: Int64 = 0
    /// What the fraction is to be divided by: a power of ten.
    private var scale: Int64 = 1

    /// Takes the number that `text` begins with; nil when there is none or it does not fit.
    init?(_ text: inout Substring) {
        let digits = text.prefix { $0.isASCII && $0.isWholeNumber }
        text = text.dropFirst(digits.count)
        if !digits.isEmpty {
            guard let value = Int64(digits) else { return nil }
            whole = value
        }
        guard text.first == "." else {
            if digits.isEmpty { return nil }
            return
        }
        text.removeFirst()
        let decimals = text.prefix { $0.isASCII && $0.isWholeNumber }
        text = text.dropFirst(decimals.count)
        if digits.isEmpty && decimals.isEmpty { return nil }
        // Fifteen digits are more than any unit here has.
        for digit in decimals.prefix(15) {
            fraction = fraction * 10 + Int64(digit.wholeNumberValue ?? 0)
            scale *= 10
        }
    }

    /// The product, cut to whole units; nil when it does not fit.
    func times(_ unit: Int64) -> Int64? {
        let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
        let part = fraction.multipliedFullWidth(by: unit)
        let (sum, tooMuch) = product.addingReportingOverflow(scale.dividingFullWidth(part).quotient)
        return overflow || tooMuch ? nil : sum
    }
}
