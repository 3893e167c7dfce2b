import GantrySystem
import GantryWire

/// One connection to the shim's socket: it begins with JSON frames and may turn into a stdio stream by `task.attach`.
final class ShimClient {
    let socket: OwnedDescriptor
    var mode = Mode.calls(FrameReader(limit: 1 << 20))
    private var output = [UInt8]()
    private var sent = 0
    /// Where in `output` each frame ends, so that giving up never cuts one in two.
    private var ends: [Int] = []
    /// Close as soon as `output` has left.
    var closing = false

    enum Mode {
        case calls(FrameReader)
        case stdio(Attachment)
    }

    /// What an attached client asked for.
    struct Attachment {
        let process: KeptProcess
        var stdin: Bool
        var stdout: Bool
        var stderr: Bool
        /// The foreground client: the container waits for it, so it gets every byte.
        var exclusive: Bool
        /// Whether an executed process hangs up when this client goes away without leaving.
        var hangUp = false
        var reader = StdioFrameReader()
    }

    init(_ socket: consuming OwnedDescriptor) { self.socket = socket }

    /// Bytes that wait for the client to read.
    var queued: Int { output.count - sent }

    var attachment: Attachment? {
        if case .stdio(let attachment) = mode { attachment } else { nil }
    }

    /// Reads what has come in: false when the client has closed its end or is gone.
    func fill() -> Bool {
        do throws(Errno) {
            switch mode {
            case .calls(var reader):
                mode = .calls(FrameReader())
                let count = try reader.fill { (buffer) throws(Errno) in try UnixSocket.receive(socket.raw, into: buffer)
                }
                mode = .calls(reader)
                return count > 0
            case .stdio(var attachment):
                let count = try attachment.reader.fill { (buffer) throws(Errno) in
                    try UnixSocket.receive(socket.raw, into: buffer)
                }
                mode = .stdio(attachment)
                return count > 0
            }
        } catch {
            return error == .again
        }
    }

    func queue(_ bytes: [UInt8]) {
        output.append(contentsOf: bytes)
        ends.append(output.count)
    }

    func queue(_ frame: StdioFrame) {
        frame.encode(into: &output)
        ends.append(output.count)
    }

    func queue(_ kind: StdioFrame.Kind, _ payload: UnsafeRawBufferPointer) {
        StdioFrame.encode(kind, payload, into: &output)
        ends.append(output.count)
    }

    /// Forgets the frames that have not begun to leave.
    func discardQueue() {
        let end = ends.first { $0 >= sent } ?? output.count
        output.removeLast(output.count - end)
        ends.removeAll { $0 > end }
    }

    /// Sends what the socket takes now. False when the client is gone.
    func flush() -> Bool {
        while sent < output.count {
            do throws(Errno) {
                let offset = sent
                sent += try sendSome(output, from: offset)
            } catch .again {
                return true
            } catch {
                return false
            }
        }
        output.removeAll(keepingCapacity: output.capacity <= 128 << 10)
        ends.removeAll(keepingCapacity: true)
        sent = 0
        return true
    }

    private func sendSome(_ bytes: [UInt8], from offset: Int) throws(Errno) -> Int {
        var failure: Errno?
        let count = bytes.withUnsafeBytes { raw -> Int in
            do throws(Errno) {
                return try UnixSocket.sendSome(socket.raw, UnsafeRawBufferPointer(rebasing: raw[offset...]))
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return count
    }
}
