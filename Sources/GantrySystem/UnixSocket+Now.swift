internal import CLinux

extension UnixSocket {
    /// Sends what fits into the socket's buffer without waiting, whatever mode the socket is in.
    ///
    /// Returns how many bytes went; EAGAIN when none fit. A peer that left is EPIPE, never a signal.
    package static func sendNow(_ fd: Int32, _ buffer: UnsafeRawBufferPointer) throws(Errno) -> Int {
        try check(cl_send_now(fd, buffer.baseAddress, buffer.count))
    }
}
