/// Numbers of bytes as docker's users write them: `64m`, `1g`, `1.5GiB`, `4096`. Every unit is a power of 1024.
///
/// Source: docker/go-units, RAMInBytes.
public enum ByteCount {
    /// The bytes; nil for what is no number of bytes or does not fit into 63 bits.
    public static func bytes(_ text: String) -> Int64? {
        var rest = text[...]
        guard rest.first?.isWholeNumber == true, let number = DecimalNumber(&rest) else { return nil }
        if rest.first == " " { rest.removeFirst() }
        var unit: Int64 = 1
        let name = rest.lowercased()
        if let letter = name.first, letter != "b" {
            guard let power = "kmgtp".firstIndex(of: letter) else { return nil }
            unit <<= Int64(10 * ("kmgtp".distance(from: "kmgtp".startIndex, to: power) + 1))
            guard ["", "b", "ib"].contains(name.dropFirst()) else { return nil }
        } else {
            guard name == "" || name == "b" else { return nil }
        }
        return number.times(unit)
    }
}
