/// Takes stdio frames out of a stream of bytes, however the bytes were cut. It does no I/O: feed it, then ask.
///
/// A frame is given out when all of it is here; kind and length are judged as soon as they are. Errors stick.
public struct StdioFrameReader: Sendable {
    private var buffer = ByteQueue()
    private var failure: StdioFrameError?

    /// A reader that has seen nothing.
    public init() {}

    /// How many bytes wait that are not yet taken as frames.
    public var buffered: Int { buffer.count }

    /// Adds bytes that were received.
    public mutating func append(_ bytes: [UInt8]) { buffer.append(bytes) }

    /// Lets `body` write received bytes straight into the buffer; it returns how many. Returns what `body` returned.
    public mutating func fill<E: Error>(
        atLeast room: Int = 8192, _ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) -> Int {
        try buffer.fill(atLeast: room, body)
    }

    /// The next frame, or nil until more bytes arrive.
    public mutating func next() throws(StdioFrameError) -> StdioFrame? {
        if let failure { throw failure }
        guard buffer.count > 0 else { return nil }
        let first = buffer.withBytes { $0[0] }
        guard let kind = StdioFrame.Kind(rawValue: first) else { throw fail(.unknownKind(first)) }
        guard buffer.count >= StdioFrame.headerLength else { return nil }
        let length = buffer.withBytes { Int($0[1]) << 24 | Int($0[2]) << 16 | Int($0[3]) << 8 | Int($0[4]) }
        guard length <= StdioFrame.maximumLength else { throw fail(.tooLong(length)) }
        let whole = StdioFrame.headerLength + length
        guard buffer.count >= whole else { return nil }
        let bytes = buffer.withBytes { [UInt8](UnsafeBufferPointer(rebasing: $0[StdioFrame.headerLength..<whole])) }
        buffer.drop(whole)
        return StdioFrame(kind, bytes)
    }

    private mutating func fail(_ error: StdioFrameError) -> StdioFrameError {
        failure = error
        return error
    }
}
