/// What travels on an attached stdio connection of a shim: `kind(1) length(4, big-endian) bytes`.
///
/// ```
///  0      1          5            5+n
///  ┌──────┬──────────┬─────────────┐
///  │ kind │  n (BE)  │   n bytes   │   0 ≤ n ≤ 1 MiB
///  └──────┴──────────┴─────────────┘
/// ```
///
/// To the shim: `stdin`, `stdinEOF`, `resize`, `detach`. From it: `stdout`, `stderr`, `lagged`, and `exit` last.
/// Logs are the same frames, and `position` between them.
public struct StdioFrame: Sendable, Equatable {
    /// What a frame carries; the raw value is its first byte.
    public enum Kind: UInt8, Sendable, Equatable {
        case stdin = 0
        /// The container's standard input ends; no bytes.
        case stdinEOF = 1
        case stdout = 2
        case stderr = 3
        /// Four bytes: rows and columns, each 16 bits big-endian.
        case resize = 4
        /// A JSON object, `exitCode` among its members. Nothing follows it.
        case exit = 5
        /// The reader was too slow and is disconnected; bytes were lost to it. No bytes.
        case lagged = 6
        /// The client leaves on purpose: what it started goes on. No bytes.
        case detach = 7
        /// Where a log has come to with the frames before this one: what `containers.logs` takes to go on from there.
        /// ASCII, to be kept and not to be understood.
        case position = 8
    }

    /// The most bytes a frame may carry: 1 MiB. Senders cut longer runs.
    public static let maximumLength = 1 << 20
    /// Bytes of kind and length in front.
    public static let headerLength = 5

    /// What it carries.
    public var kind: Kind
    /// The payload.
    public var bytes: [UInt8]

    /// Makes a frame.
    public init(_ kind: Kind, _ bytes: [UInt8] = []) {
        self.kind = kind
        self.bytes = bytes
    }

    /// A `resize` frame.
    public static func resize(rows: UInt16, columns: UInt16) -> StdioFrame {
        StdioFrame(
            .resize,
            [
                UInt8(truncatingIfNeeded: rows >> 8), UInt8(truncatingIfNeeded: rows),
                UInt8(truncatingIfNeeded: columns >> 8), UInt8(truncatingIfNeeded: columns),
            ])
    }

    /// Rows and columns of a `resize` frame; nil for any other or malformed one.
    public var size: (rows: UInt16, columns: UInt16)? {
        guard kind == .resize, bytes.count == 4 else { return nil }
        return (UInt16(bytes[0]) << 8 | UInt16(bytes[1]), UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
    }

    /// Appends the frame, cut into several when it carries more than `maximumLength`.
    public func encode(into output: inout [UInt8]) {
        bytes.withUnsafeBytes { Self.encode(kind, $0, into: &output) }
    }

    /// Appends frames of `kind` around `payload`, without an array between.
    public static func encode(_ kind: Kind, _ payload: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        var start = 0
        repeat {
            let length = min(payload.count - start, maximumLength)
            header(kind, length: length, into: &output)
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: payload[start..<(start + length)]))
            start += length
        } while start < payload.count
    }

    /// Appends kind and length only, for a writer that sends the bytes by itself (`writev`, `splice`).
    public static func header(_ kind: Kind, length: Int, into output: inout [UInt8]) {
        output.append(kind.rawValue)
        output.append(UInt8(truncatingIfNeeded: length >> 24))
        output.append(UInt8(truncatingIfNeeded: length >> 16))
        output.append(UInt8(truncatingIfNeeded: length >> 8))
        output.append(UInt8(truncatingIfNeeded: length))
    }
}

/// Why a stream is no stream of stdio frames. Close it.
public enum StdioFrameError: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownKind(UInt8)
    /// A length above `StdioFrame.maximumLength`, in bytes.
    case tooLong(Int)

    public var description: String {
        switch self {
        case .unknownKind(let kind): "read stdio frame: kind \(kind) is unknown"
        case .tooLong(let length): "read stdio frame: \(length) bytes are more than \(StdioFrame.maximumLength)"
        }
    }
}
