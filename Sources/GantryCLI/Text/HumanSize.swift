/// A number of bytes as docker prints it: powers of 1000 and three significant digits, "7.36MB", "117MB", "0B".
struct HumanSize: CustomStringConvertible {
    let bytes: Int64

    init(bytes: Int64) { self.bytes = max(0, bytes) }

    private static let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]

    /// Integer arithmetic throughout: the digits do not depend on how a C library rounds.
    var description: String {
        var unit = 0
        var scale: Int64 = 1
        // From 999.5 of a unit on, three digits would read 1000: the next unit says it better.
        while unit + 1 < Self.units.count, bytes >= scale * 1000 - scale / 2 {
            scale *= 1000
            unit += 1
        }
        let name = Self.units[unit]
        let whole = bytes / scale
        guard unit > 0, whole < 100 else { return "\(Self.divide(bytes, by: scale))\(name)" }
        let digits: Int64 = whole < 10 ? 100 : 10
        let rounded = Self.divide(bytes, by: scale / digits)
        if rounded >= 1000 { return "\(rounded / digits)\(name)" }
        return "\(rounded / digits)\(Self.fraction(rounded % digits, of: digits))\(name)"
    }

    private static func divide(_ value: Int64, by divisor: Int64) -> Int64 {
        value / divisor + (value % divisor * 2 >= divisor && divisor > 1 ? 1 : 0)
    }

    /// ".36" of 36 of 100, ".4" of 40 of 100, "" of 0.
    private static func fraction(_ value: Int64, of digits: Int64) -> String {
        if value == 0 { return "" }
        if digits == 100, value % 10 == 0 { return ".\(value / 10)" }
        return digits == 100 && value < 10 ? ".0\(value)" : ".\(value)"
    }
}
