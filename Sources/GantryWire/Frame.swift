/// How messages stand on a stream: a 4-byte big-endian length, then that many bytes of UTF-8 JSON.
///
/// ```
///  0        4                 4+n
///  ┌────────┬──────────────────┐
///  │ n (BE) │ n bytes of JSON  │   1 ≤ n ≤ 16 MiB
///  └────────┴──────────────────┘
/// ```
public enum Frame {
    /// The most bytes a frame may hold behind its length: 16 MiB.
    public static let maximumLength = 16 << 20
    /// Bytes of the length in front.
    public static let headerLength = 4

    /// Appends a frame whose content `body` writes. Returns the content's length; when it is 0 or above
    /// `maximumLength`, nothing was appended.
    @discardableResult
    @inlinable
    public static func append(into bytes: inout [UInt8], _ body: (inout [UInt8]) -> Void) -> Int {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: headerLength))
        body(&bytes)
        let length = bytes.count - start - headerLength
        guard length > 0, length <= maximumLength else {
            bytes.removeSubrange(start...)
            return length
        }
        bytes[start] = UInt8(truncatingIfNeeded: length >> 24)
        bytes[start + 1] = UInt8(truncatingIfNeeded: length >> 16)
        bytes[start + 2] = UInt8(truncatingIfNeeded: length >> 8)
        bytes[start + 3] = UInt8(truncatingIfNeeded: length)
        return length
    }

    /// The frame around one value.
    public static func encode(_ value: JSON) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        append(into: &bytes) { value.encode(into: &$0) }
        return bytes
    }
}

/// Why a stream is no stream of frames. Nothing behind such a frame can be trusted: answer, then close.
public enum FrameError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A length of zero.
    case empty
    /// A length above the reader's limit, in bytes.
    case tooLong(Int)
    /// The frame is no JSON.
    case malformed(JSONError)
    /// The frame is JSON, but no object; batches are among these. `kind` is what it is.
    case notAnObject(kind: String)

    public var description: String {
        switch self {
        case .empty: "read frame: it is empty"
        case .tooLong(let length): "read frame: \(length) bytes are more than \(Frame.maximumLength)"
        case .malformed(let error): "read frame: not JSON: \(error)"
        case .notAnObject(let kind): "read frame: a JSON object is needed, not \(kind)"
        }
    }
}
