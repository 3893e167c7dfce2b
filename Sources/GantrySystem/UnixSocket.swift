internal import CLinux

/// Unix stream sockets.
package enum UnixSocket {
    /// The longest path a socket may have, in bytes (sun_path less its closing zero).
    package static let longestPath = 107

    /// Who is at the other end, as the kernel saw it connect (SO_PEERCRED).
    package struct Peer: Sendable, Equatable {
        package var pid: Int32
        package var uid: UInt32
        package var gid: UInt32
        package init(pid: Int32, uid: UInt32, gid: UInt32) {
            self.pid = pid
            self.uid = uid
            self.gid = gid
        }
    }

    /// Binds and listens; EADDRINUSE when the name exists, ENAMETOOLONG beyond `longestPath`.
    package static func listen(_ path: String, mode: UInt32, backlog: Int32 = 1024) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(try check(cl_unix_listen(path, backlog, mode)))
    }
    /// ENOENT: no such name. ECONNREFUSED: nobody listens behind it.
    package static func connect(_ path: String, nonblocking: Bool = false) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(try check(cl_unix_connect(path, nonblocking ? 1 : 0)))
    }
    /// A socket whose every send is a message of its own.
    package static func connectDatagram(_ path: String) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(try check(cl_unix_connect_datagram(path)))
    }
    package static func accept(_ listener: Int32) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(try check(cl_accept(listener)))
    }
    package static func pair() throws(Errno) -> (Int32, Int32) {
        var fds: (Int32, Int32) = (-1, -1)
        let result = withUnsafeMutablePointer(to: &fds) {
            $0.withMemoryRebound(to: Int32.self, capacity: 2) { cl_socketpair($0) }
        }
        try check(result)
        return fds
    }
    package static func peer(_ fd: Int32) throws(Errno) -> Peer {
        var peer = Peer(pid: 0, uid: 0, gid: 0)
        try check(cl_peer(fd, &peer.pid, &peer.uid, &peer.gid))
        return peer
    }
    package enum Direction: Int32, Sendable { case reading, writing, both }
    package static func shutDown(_ fd: Int32, _ direction: Direction) { _ = cl_shutdown(fd, direction.rawValue) }

    /// Sends all of it; a peer that left is EPIPE, never a signal.
    package static func send(_ fd: Int32, _ buffer: UnsafeRawBufferPointer) throws(Errno) {
        var done = 0
        while done < buffer.count { done += try sendSome(fd, UnsafeRawBufferPointer(rebasing: buffer[done...])) }
    }
    package static func send(_ fd: Int32, _ bytes: [UInt8]) throws(Errno) {
        var done = 0
        while done < bytes.count {
            let result = bytes.withUnsafeBytes { cl_send(fd, $0.baseAddress! + done, $0.count - done, 0) }
            done += try check(result)
        }
    }
    package static func sendSome(_ fd: Int32, _ buffer: UnsafeRawBufferPointer) throws(Errno) -> Int {
        try check(cl_send(fd, buffer.baseAddress, buffer.count, 0))
    }
    /// 0 is the end; EAGAIN when nonblocking or after the receive time-out.
    package static func receive(_ fd: Int32, into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        try check(cl_recv(fd, buffer.baseAddress, buffer.count, 0))
    }
    package static func setReceiveTimeout(_ fd: Int32, milliseconds: Int64) throws(Errno) {
        try check(cl_set_receive_timeout(fd, milliseconds))
    }
    package static func setSendTimeout(_ fd: Int32, milliseconds: Int64) throws(Errno) {
        try check(cl_set_send_timeout(fd, milliseconds))
    }
    package static func setSendBuffer(_ fd: Int32, bytes: Int32) throws(Errno) {
        try check(cl_set_send_buffer(fd, bytes))
    }
    /// One byte with descriptors beside it; at most 16.
    package static func send(_ fd: Int32, descriptors: [Int32]) throws(Errno) {
        try check(descriptors.withUnsafeBufferPointer { cl_send_fds(fd, $0.baseAddress, Int32($0.count)) })
    }
    /// The descriptors beside the next byte, close-on-exec; surplus ones are closed.
    package static func receiveDescriptors(_ fd: Int32, most: Int = 16) throws(Errno) -> [Int32] {
        var fds = [Int32](repeating: -1, count: most)
        let result = fds.withUnsafeMutableBufferPointer { cl_recv_fds(fd, $0.baseAddress, Int32($0.count)) }
        return Array(fds[0..<Int(try check(result))])
    }
}
