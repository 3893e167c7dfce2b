import GantrySystem
import GantryWire

/// Writes a log's stdio frames to standard output and standard error, as they come: `gantry logs`.
///
/// Frames are held until the `position` frame behind them has come, which is at once: what is written is then exactly
/// what the position covers, and a reader that goes on from there neither repeats nor misses anything.
struct StdioCopy {
    /// Where the log has come to with all that is written; nil before it has said so.
    private(set) var position: String?
    private var held: [StdioFrame] = []

    /// Reads from `socket` to its end. Output that nobody reads ends the program by SIGPIPE.
    mutating func run(from socket: Int32) throws(Failure) {
        held = []
        var reader = StdioFrameReader()
        while true {
            let count: Int
            do throws(Errno) {
                count = try reader.fill(atLeast: 65536) { room throws(Errno) in
                    try UnixSocket.receive(socket, into: room)
                }
            } catch .connectionReset {
                // The call's answer says why.
                return
            } catch {
                throw Failure("read log: \(error)")
            }
            if count == 0 { return }
            try take(&reader)
        }
    }

    /// Writes what no position frame came behind: the daemon has said that all was sent.
    mutating func finish() throws(Failure) {
        for frame in held { try write(frame) }
        held = []
    }

    private mutating func take(_ reader: inout StdioFrameReader) throws(Failure) {
        while true {
            let frame: StdioFrame?
            do { frame = try reader.next() } catch { throw Failure("\(error)") }
            guard let frame else { return }
            if frame.kind == .position {
                try finish()
                position = String(decoding: frame.bytes, as: UTF8.self)
            } else {
                held.append(frame)
            }
        }
    }

    private func write(_ frame: StdioFrame) throws(Failure) {
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
