/// Takes frames out of a stream of bytes, however the bytes were cut. It does no I/O: feed it, then ask.
///
/// ```swift
/// var reader = FrameReader()
/// reader.append(bytes)                        // or reader.fill { read(fd, $0) }, without a copy
/// while let message = try reader.nextObject() { … }
/// ```
///
/// Memory grows with what arrived, never with what a length promises, and shrinks after a large frame. Errors stick:
/// after one, every further call throws it again.
public struct FrameReader: Sendable {
    private var buffer: ByteQueue
    private var failure: FrameError?
    /// The most bytes of a frame that this reader takes.
    public let limit: Int

    /// A reader that refuses frames longer than `limit` bytes.
    public init(limit: Int = Frame.maximumLength) {
        self.limit = limit
        buffer = ByteQueue()
    }

    /// How many bytes wait that are not yet taken as frames.
    public var buffered: Int { buffer.count }

    /// The length that the frame in front announces, within the limit; nil until its four bytes are here. For a caller
    /// that must not read beyond it.
    public var pendingLength: Int? {
        guard buffer.count >= Frame.headerLength else { return nil }
        let length = buffer.withBytes { Int($0[0]) << 24 | Int($0[1]) << 16 | Int($0[2]) << 8 | Int($0[3]) }
        return length <= limit ? length : nil
    }

    /// Adds bytes that were received.
    public mutating func append(_ bytes: [UInt8]) { buffer.append(bytes) }

    /// Lets `body` write received bytes straight into the buffer; it returns how many. Returns what `body` returned.
    public mutating func fill<E: Error>(
        atLeast room: Int = 8192, _ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) -> Int {
        try buffer.fill(atLeast: room, body)
    }

    /// The content of the next frame, or nil until more bytes arrive.
    /// - Throws: `.empty`, `.tooLong`.
    public mutating func next() throws(FrameError) -> [UInt8]? {
        guard let length = try waitingLength() else { return nil }
        let frame = buffer.withBytes {
            [UInt8](UnsafeBufferPointer(rebasing: $0[Frame.headerLength..<$0.count].prefix(length)))
        }
        buffer.drop(Frame.headerLength + length)
        return frame
    }

    /// The next frame as a JSON object, parsed in place, or nil until more bytes arrive.
    public mutating func nextObject() throws(FrameError) -> JSONObject? {
        guard let length = try waitingLength() else { return nil }
        let result: Result<JSON, JSONError> = buffer.withBytes { bytes in
            let content = UnsafeBufferPointer(rebasing: bytes[Frame.headerLength..<(Frame.headerLength + length)])
            do throws(JSONError) { return .success(try JSON.parse(content)) } catch { return .failure(error) }
        }
        switch result {
        case .success(.object(let object)):
            buffer.drop(Frame.headerLength + length)
            return object
        case .success(let other): throw fail(.notAnObject(kind: other.kind))
        case .failure(let error): throw fail(.malformed(error))
        }
    }

    /// Everything that waits, for a stream that stops being frames; the reader is empty afterwards.
    public mutating func takeRest() -> [UInt8] {
        let rest = buffer.withBytes { [UInt8]($0) }
        buffer.drop(rest.count)
        return rest
    }

    /// The length of the next frame if all of it is here.
    private mutating func waitingLength() throws(FrameError) -> Int? {
        if let failure { throw failure }
        guard buffer.count >= Frame.headerLength else { return nil }
        let length = buffer.withBytes { Int($0[0]) << 24 | Int($0[1]) << 16 | Int($0[2]) << 8 | Int($0[3]) }
        guard length > 0 else { throw fail(.empty) }
        guard length <= limit else { throw fail(.tooLong(length)) }
        return buffer.count >= Frame.headerLength + length ? length : nil
    }

    private mutating func fail(_ error: FrameError) -> FrameError {
        failure = error
        return error
    }
}
