/// Why bytes are not a JSON value that Gantry accepts, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The closed set of reasons.
    public enum Reason: String, Sendable, Equatable {
        case unexpectedEnd = "unexpected end"
        case unexpectedByte = "unexpected byte"
        case invalidLiteral = "invalid literal"
        case invalidNumber = "invalid number"
        case numberOutOfRange = "number out of range"
        case controlCharacter = "control character in string"
        case invalidEscape = "invalid escape"
        case loneSurrogate = "lone surrogate"
        case invalidUTF8 = "invalid UTF-8"
        case duplicateKey = "duplicate key"
        case tooDeep = "nested too deep"
        case trailingBytes = "bytes after the value"
    }

    /// What is wrong with the text.
    public let reason: Reason
    /// Offset in bytes from the start of the input.
    public let offset: Int

    /// Makes an error at so many bytes from the start.
    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    public var description: String { "\(reason.rawValue) at byte \(offset)" }
}
