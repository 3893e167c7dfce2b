import GantryWire

extension Timestamp {
    /// A moment as people give one to `--since` and `--until`: a length of time before `now` (`10m`, `1h30m`), seconds
    /// since 1970 (`1136073600.25`), RFC 3339, or RFC 3339 cut short from the right (`2026-01-31`, `2026-01-31T12:00`,
    /// then with or without an offset).
    ///
    /// Without an offset UTC is meant, as in everything that Gantry prints.
    ///
    /// Source: docker's `GetTimestamp`.
    /// - Throws: `.invalidArgument` for anything else.
    public init(argument text: String, now: Timestamp) throws(GantryError) {
        if text != "0", let ago = GoDuration.nanoseconds(text) {
            let (moment, overflow) = now.nanoseconds.subtractingReportingOverflow(ago)
            self.init(nanoseconds: overflow ? (ago > 0 ? .min : .max) : moment)
        } else if let moment = Self.seconds(text) {
            self.init(nanoseconds: moment)
        } else if let whole = Self.completed(text), let moment = try? Timestamp(whole) {
            self = moment
        } else {
            throw GantryError(
                .invalidArgument,
                "parse time '\(text)': it is neither RFC 3339 (2026-01-31T12:00:00Z), nor seconds since 1970, nor a "
                    + "length of time (10m, 1h30m)")
        }
    }

    /// `-12.5`: nanoseconds since 1970.
    private static func seconds(_ text: String) -> Int64? {
        var rest = text[...]
        let isNegative = rest.first == "-"
        if isNegative { rest.removeFirst() }
        guard rest.first?.isWholeNumber == true, let number = DecimalNumber(&rest), rest.isEmpty,
            let moment = number.times(1_000_000_000)
        else { return nil }
        return isNegative ? -moment : moment
    }

    /// RFC 3339 with the parts that were left out.
    private static func completed(_ text: String) -> String? {
        guard text.utf8.count >= 10, text.utf8.allSatisfy({ $0 < 128 }) else { return nil }
        let date = text.prefix(10)
        var rest = text.dropFirst(10)
        var offset = "Z"
        if rest.last == "Z" || rest.last == "z" {
            rest.removeLast()
        } else if let sign = rest.lastIndex(where: { $0 == "+" || $0 == "-" }) {
            offset = String(rest[sign...])
            rest = rest[..<sign]
        }
        switch rest.count {
        case 0: return "\(date)T00:00:00\(offset)"
        case 3: return "\(date)\(rest):00:00\(offset)"
        case 6: return "\(date)\(rest):00\(offset)"
        default: return "\(date)\(rest)\(offset)"
        }
    }
}
