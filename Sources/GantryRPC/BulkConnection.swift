package import GantrySystem
import Synchronization

/// A connection that has become raw bytes, both ways.
///
/// One thread may read while another writes. The end of the client's bytes is a read of 0; it is no verdict, the
/// answer of the call is.
package final class BulkConnection: Sendable {
    private let descriptor: SharedDescriptor
    /// What had been read behind the request that opened the connection.
    private let prefix: Mutex<ArraySlice<UInt8>>

    init(_ descriptor: SharedDescriptor, prefix: [UInt8]) {
        self.descriptor = descriptor
        self.prefix = Mutex(prefix[...])
    }

    /// The descriptor, for writing to or for `splice`. Reading from it directly is right only after `takePrefix`.
    package var raw: Int32 { descriptor.raw }

    /// Bytes that came early; they stand before everything that the descriptor gives.
    package func takePrefix() -> [UInt8] {
        prefix.withLock { prefix in
            defer { prefix = [] }
            return Array(prefix)
        }
    }

    /// Reads what is there, at least one byte; 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        let early = prefix.withLock { prefix in
            let count = min(prefix.count, buffer.count)
            buffer.copyBytes(from: prefix.prefix(count))
            prefix = prefix.dropFirst(count)
            return count
        }
        return early > 0 ? early : try UnixSocket.receive(descriptor.raw, into: buffer)
    }

    /// Writes all of it; blocks while the client does not read.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(Errno) { try UnixSocket.send(descriptor.raw, bytes) }
    package func write(_ bytes: [UInt8]) throws(Errno) { try UnixSocket.send(descriptor.raw, bytes) }

    /// Tells the client that no more bytes come.
    package func finishWriting() { UnixSocket.shutDown(descriptor.raw, .writing) }

    /// Ends both directions; whoever reads or writes is woken.
    package func shutDown() { UnixSocket.shutDown(descriptor.raw, .both) }

    deinit { UnixSocket.shutDown(descriptor.raw, .both) }
}
