/// A number of bytes in powers of 1024 and four significant digits, as docker prints memory: "1.945MiB", "0B".
struct BinarySize: CustomStringConvertible {
    let bytes: Int64

    init(bytes: Int64) { self.bytes = max(0, bytes) }

    private static let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

    var description: String {
        var unit = 0
        var scale: Int64 = 1
        while unit + 1 < Self.units.count, bytes >= scale * 1024 {
            scale *= 1024
            unit += 1
        }
        let whole = bytes / scale
        // 1023.9 has one digit behind the point, 1.024 three.
        var digits: Int64 = whole >= 1000 ? 1 : whole >= 100 ? 10 : whole >= 10 ? 100 : 1000
        if unit == 0 { digits = 1 }
        var fraction = (bytes % scale) * digits / scale
        var text = ""
        while digits > 1 {
            if fraction != 0 || !text.isEmpty {
                let digit = fraction % 10
                if digit != 0 || !text.isEmpty { text = "\(digit)" + text }
            }
            fraction /= 10
            digits /= 10
        }
        return "\(whole)\(text.isEmpty ? "" : "." + text)\(Self.units[unit])"
    }
}
