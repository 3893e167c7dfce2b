/// Bytes that come in order: a blob being read, a download in progress.
///
/// Used from one thread at a time, which need not be the one that made it.
public protocol ByteSource: AnyObject, Sendable {
    /// Fills the front of `buffer`; may block until there is something.
    /// - Returns: how many bytes; 0 at the end, and only there.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}
