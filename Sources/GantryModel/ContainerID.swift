import GantryWire

/// What a container is called by programs: 64 lower-case hex digits, of which people see 12.
public struct ContainerID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// All 64 digits.
    public let text: String

    /// Takes 64 lower-case hex digits.
    /// - Throws: `.invalidArgument`.
    public init(_ text: String) throws(GantryError) {
        guard text.utf8.count == 64, text.utf8.allSatisfy(Hex.isLowerDigit) else {
            throw GantryError(.invalidArgument, "parse container id '\(text)': not 64 lower-case hex digits")
        }
        self.text = text
    }

    /// Draws a new id. Never one whose first 12 characters are all decimal digits: shown short, it could be taken
    /// for a number where it becomes the host name.
    public init(using generator: inout some RandomNumberGenerator) {
        var hex: String
        repeat {
            var bytes: [UInt8] = []
            for _ in 0..<4 {
                let word = generator.next()
                for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
            }
            hex = Hex.encode(bytes)
        } while hex.utf8.prefix(12).allSatisfy { $0 <= UInt8(ascii: "9") }
        text = hex
    }

    /// The first 12 digits.
    public var short: String { String(text.prefix(12)) }

    /// All 64 digits.
    public var description: String { text }

    /// Orders as text does.
    public static func < (left: ContainerID, right: ContainerID) -> Bool { left.text < right.text }

    /// Whether the text could be the beginning of an id (1 to 64 lower-case hex digits).
    public static func isPrefix(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(Hex.isLowerDigit)
    }
}
