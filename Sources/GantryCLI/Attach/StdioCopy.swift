import GantrySystem
import GantryWire

/// Writes a stream of stdio frames to standard output and standard error, as it comes: `gantry logs`.
enum StdioCopy {
    /// Reads from `socket` to its end. Output that nobody reads ends the program by SIGPIPE.
    static func run(from socket: Int32) throws(Failure) {
        var reader = StdioFrameReader()
        while true {
            let count: Int
            do throws(Errno) {
                count = try reader.fill(atLeast: 65536) { room throws(Errno) in
                    try UnixSocket.receive(socket, into: room)
                }
            } catch {
                throw Failure("read log: \(error)")
            }
            if count == 0 { return }
            try copy(&reader)
        }
    }

    private static func copy(_ reader: inout StdioFrameReader) throws(Failure) {
        while true {
            let frame: StdioFrame?
            do { frame = try reader.next() } catch { throw Failure("\(error)") }
            guard let frame else { return }
            do throws(Errno) {
                switch frame.kind {
                case .stdout: try File.write(1, frame.bytes)
                case .stderr: try File.write(2, frame.bytes)
                default: break
                }
            } catch {
                throw Failure("write log: \(error)")
            }
        }
    }
}
